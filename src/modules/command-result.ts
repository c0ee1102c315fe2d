import type { ActionOutput, Fields } from '../core/module.js';

/** What a command gave, as `register` sees it. A status other than 0 fails the task. */
export function commandResult(cmd: string | readonly string[], output: ActionOutput | undefined): Fields {
  if (output === undefined) return { cmd, rc: -1, failed: true, msg: 'the command was not run' };
  const { stdout, stderr, status } = output;
  const failed = status !== 0;
  return {
    cmd,
    rc: status,
    ...streams(stdout, stderr),
    ...times(output),
    changed: true,
    failed,
    msg: failed ? 'non-zero return code' : '',
  };
}

/** When it began and ended, in the controller's time zone, and how long that was, as Python writes them. */
function times({ beganMs, endedMs }: ActionOutput): Fields {
  if (beganMs === undefined || endedMs === undefined) return {};
  return { start: moment(beganMs), end: moment(endedMs), delta: duration(endedMs - beganMs) };
}

function moment(ms: number): string {
  const at = new Date(ms);
  const [month, day, hours, minutes, seconds] = [
    at.getMonth() + 1,
    at.getDate(),
    at.getHours(),
    at.getMinutes(),
    at.getSeconds(),
  ].map((number) => String(number).padStart(2, '0'));
  return `${at.getFullYear()}-${month}-${day} ${hours}:${minutes}:${seconds}${fraction(ms)}`;
}

function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [m, s] = [Math.floor(seconds / 60) % 60, seconds % 60].map((number) => String(number).padStart(2, '0'));
  return `${Math.floor(seconds / 3600)}:${m}:${s}${fraction(Math.max(0, ms))}`;
}

/** Python leaves a fraction of nothing out. */
function fraction(ms: number): string {
  const rest = Math.floor(ms % 1000);
  return rest === 0 ? '' : `.${String(rest).padStart(3, '0')}000`;
}

/** Both streams as Ansible gives them: without the line ends at the end, and as lines. */
export function streams(stdout: string, stderr: string): Fields {
  const [out, err] = [withoutLineEnds(stdout), withoutLineEnds(stderr)];
  return { stdout: out, stdout_lines: linesOf(out), stderr: err, stderr_lines: linesOf(err) };
}

function withoutLineEnds(text: string): string {
  return text.replace(/[\r\n]+$/, '');
}

/** Python's `splitlines`. */
export function linesOf(text: string): string[] {
  if (text === '') return [];
  const lines = text.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}
