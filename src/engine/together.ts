import type { Connection } from '../core/connection.js';
import { joinScripts, type Script, scriptAsWritten, sh } from '../core/script.js';

/** What a host said to one script of several: its output and exit status. */
export interface Answer {
  readonly stdout: Buffer;
  readonly stderr: string;
  /** `NaN` where the host said none. */
  readonly status: number;
}

/** One script of several. */
export interface Part {
  readonly script: Script;
  /** Where it ends with another status than 0, what follows is not run. */
  readonly isNeeded?: boolean;
}

/**
 * Runs several scripts in one exchange, each in a subshell of its own, one after the other.
 *
 * A line with the nonce closes the part of each in both streams.
 *
 * @param nonce fresh and unguessable, so that no output can pass for a boundary
 * @returns what each of them said, as far as the host came; fewer than were sent where one that is needed failed, or
 *   where the shell itself ended (`whole` says how)
 * @throws FixError from the connection
 */
export async function runTogether(
  connection: Connection,
  parts: readonly Part[],
  { nonce, timeoutMs }: { readonly nonce: string; readonly timeoutMs: number },
): Promise<{ answers: Answer[]; whole: { status: number; stderr: string } }> {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) {
    // It needs no boundary, which spares the host a process.
    const { stdout, stderr, status } = await connection.run(only.script, { timeoutMs });
    const said = { stdout, stderr: stderr.toString('utf8'), status };
    return { answers: [said], whole: said };
  }
  const scripts = parts.map(({ script, isNeeded }) => bounded(script, isNeeded === true, nonce));
  const result = await connection.run(joinScripts(scripts), { timeoutMs });
  const stderr = partsOf(result.stderr, nonce);
  const answers = partsOf(result.stdout, nonce)
    .slice(0, parts.length)
    .map(({ bytes, status }, index) => ({
      stdout: bytes,
      status,
      stderr: stderr[index]?.bytes.toString('utf8') ?? '',
    }));
  return { answers, whole: { status: result.status, stderr: result.stderr.toString('utf8') } };
}

function bounded(script: Script, isNeeded: boolean, nonce: string): Script {
  // `eval` of one quoted word: an unbalanced quote in a script ends that script alone.
  const body = sh`( eval ${script.text} ) </dev/null`;
  const end = isNeeded
    ? scriptAsWritten(
        `set -- $?; printf '\\n%s %d\\n' ${nonce} $1; printf '\\n%s 0\\n' ${nonce} >&2; [ $1 -eq 0 ] || exit 0`,
      )
    : scriptAsWritten(`printf '\\n%s %d\\n' ${nonce} $?; printf '\\n%s 0\\n' ${nonce} >&2`);
  return joinScripts([{ text: body.text, shown: script.shown }, end]);
}

function partsOf(stream: Buffer, nonce: string): { bytes: Buffer; status: number }[] {
  const mark = Buffer.from(`\n${nonce} `);
  const parts: { bytes: Buffer; status: number }[] = [];
  let from = 0;
  for (let at = stream.indexOf(mark); at >= 0; at = stream.indexOf(mark, from)) {
    const end = stream.indexOf('\n', at + mark.length);
    if (end < 0) break;
    parts.push({
      bytes: stream.subarray(from, at),
      status: statusOf(stream.subarray(at + mark.length, end).toString('latin1')),
    });
    from = end + 1;
  }
  return parts;
}

/** A status that is none counts as no success. */
function statusOf(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}
