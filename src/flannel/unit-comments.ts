import type { ExecStart } from './exec-start.js';
import type { FlanneldUnit, HostFile } from './unit.js';

/**
 * The unit with the comments between the lines of its command moved above the command, where every systemd skips
 * them: 219 may join them into it. A moved comment loses the backslash at its end, or it would take the command along.
 * @returns the same unit where there is nothing to move
 */
export function withoutInnerComments(unit: FlanneldUnit, { file, assignment }: ExecStart): FlanneldUnit {
  const { comments, start, end } = assignment;
  if (comments.length === 0) return unit;
  const { text } = file;
  const lineEnd = text.slice(start, end).includes('\r\n') ? '\r\n' : '\n';
  const moved = comments.map((line) => `${text.slice(line.start, line.end).replace(/[\s\\]+$/, '')}${lineEnd}`);
  let command = '';
  let at = start;
  for (const line of comments) {
    command += text.slice(at, line.start);
    at = line.end;
  }
  const tidy = {
    ...file,
    text: text.slice(0, start) + moved.join('') + command + text.slice(at, end) + text.slice(end),
  };
  const now = (one: HostFile) => (one.path === file.path ? tidy : one);
  return { ...unit, fragment: unit.fragment && now(unit.fragment), dropIns: unit.dropIns.map(now) };
}
