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
    changed: true,
    failed,
    msg: failed ? 'non-zero return code' : '',
  };
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
