import type { ActionOutput, Fields } from '../core/module.js';

/**
 * What a command gave, as `register` sees it. A status other than 0 fails the task.
 *
 * @param strip whether line ends at the end of both streams are left off
 */
export function commandResult(
  cmd: string | readonly string[],
  output: ActionOutput | undefined,
  { strip = true }: { strip?: boolean } = {},
): Fields {
  if (output === undefined) return { cmd, rc: -1, failed: true, msg: 'the command was not run' };
  const { stdout, stderr, status } = output;
  const failed = status !== 0;
  return {
    cmd,
    rc: status,
    ...(strip ? streams(withoutLineEnds(stdout), withoutLineEnds(stderr)) : streams(stdout, stderr)),
    ...times(output),
    changed: true,
    failed,
    msg: failed ? 'non-zero return code' : '',
  };
}

/** When it began and ended, in the controller's time zone, and how long that was, as Python writes them. */
export function times({ beganMs, endedMs }: ActionOutput): Fields {
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

/** Both streams, as they are and as lines. */
export function streams(stdout: string, stderr: string): Fields {
  return { stdout, stdout_lines: linesOf(stdout), stderr, stderr_lines: linesOf(stderr) };
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
