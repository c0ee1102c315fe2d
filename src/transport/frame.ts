import type { ScriptResult } from '../core/connection.js';
import { quoted } from '../core/script.js';

/**
 * The text that makes an open `sh` run one script and say where its output starts and ends.
 *
 * The script runs by `eval` in a subshell whose input is `/dev/null`, so that neither a syntax error, an `exit`, an
 * `exec` nor a trap of its own reaches the shell. The subshell tells its pid first (for a kill from outside); marks
 * with the nonce stand before and after the output of each stream, and the status after the last of stdout.
 *
 * @param nonce unguessable hexadecimal text, fresh for each frame
 * @throws RangeError on a NUL, which no shell text can hold
 */
export function frameText(scriptText: string, nonce: string): string {
  const { begin, end } = marks(nonce);
  // The blank before the script keeps `eval` from reading a first `-` as an option.
  // What the shell itself says of a script that a signal ended (bash quotes all of it, secrets too) goes nowhere.
  // The status is kept inside the group: dash joins the redirections of a group that holds one command only.
  return [
    '{ (read -r ff_pid ff_rest </proc/self/stat;',
    `printf '%s %s\\n' ${begin} "$ff_pid";printf '%s\\n' ${begin} >&2;unset ff_pid ff_rest;`,
    `eval ${quoted(` ${scriptText}`)})</dev/null 2>&9 9>&-;ff_status=$?;} 9>&2 2>/dev/null\n`,
    `printf '%s %s\\n' ${end} "$ff_status";printf '%s\\n' ${end} >&2\n`,
  ].join('');
}

/**
 * The same for a shell on a raw terminal, where both streams are one: the script's stderr goes to descriptor 8, a file
 * that has no name any more (see {@link keepErrors}), and is printed after its stdout, between marks of its own.
 */
export function terminalFrameText(scriptText: string, nonce: string): string {
  const { begin, end, errors, last } = marks(nonce);
  return [
    `{ :;} >${ERRORS_FILE};(read -r ff_pid ff_rest </proc/self/stat;`,
    `printf '%s %s\\n' ${begin} "$ff_pid";unset ff_pid ff_rest;`,
    `eval ${quoted(` ${scriptText}`)})</dev/null 2>&8 8>&-;ff_status=$?\n`,
    `printf '%s %s\\n%s\\n' ${end} "$ff_status" ${errors};cat <${ERRORS_FILE};printf '%s\\n' ${last}\n`,
  ].join('');
}

/** By this name a process opens its descriptor 8 afresh, whatever it is a file of. */
const ERRORS_FILE = '/proc/self/fd/8';

/**
 * Shell text that opens descriptor 8 for {@link terminalFrameText}: a private file, removed as soon as it is open, so
 * that nothing is left of it whatever becomes of the shell; a line that is cut in between is not heard until then. It
 * ends the shell where no folder takes one.
 */
export function keepErrors(nonce: string): string {
  return [
    'trap "" HUP INT TERM;ff_up=;for ff_dir in /dev/shm /run /tmp /var/tmp "$HOME";do',
    `ff_file=$ff_dir/.fix-flannel.${nonce};`,
    '[ -n "$ff_dir" ]&&(umask 077;set -C;:>"$ff_file")2>/dev/null&&exec 8>>"$ff_file"&&rm -f "$ff_file"&&ff_up=1&&break;',
    'done;[ -n "$ff_up" ]||{ echo "no folder is writable for the errors of scripts";exit 1;};unset ff_dir ff_file ff_up;trap - HUP INT TERM\n',
  ].join(' ');
}

/** Takes a frame's answer out of what the shell prints, whatever the chunks it comes in. */
export interface FrameDecoder {
  stdout(chunk: Buffer): void;
  stderr(chunk: Buffer): void;
  /** The pid of the script's subshell, once it has been told; `undefined` too on a host without /proc. */
  pid(): number | undefined;
  /** What the script has printed up to now. */
  printed(): { readonly stdout: Buffer; readonly stderr: Buffer };
  /** What came before the script's own output: banners, login noise, leavings of earlier scripts (at most 8 KiB). */
  noise(): { readonly stdout: Buffer; readonly stderr: Buffer };
  /** Bytes taken in, of both streams. */
  bytes(): number;
  /** `undefined` until both streams have ended. */
  result(): ScriptResult | undefined;
}

/** A decoder for the one frame that was written with this nonce. */
export function frameDecoder(nonce: string): FrameDecoder {
  const { begin, end } = marks(nonce);
  const out = cutter([`${begin} `, '\n', `${end} `, '\n']);
  const err = cutter([`${begin}\n`, `${end}\n`]);
  return {
    stdout: out.push,
    stderr: err.push,
    pid: () => (out.stage() > 1 ? decimal(out.part(1)) : undefined),
    printed: () => ({ stdout: out.part(2), stderr: err.part(1) }),
    noise: () => ({ stdout: out.part(0), stderr: err.part(0) }),
    bytes: () => out.bytes() + err.bytes(),
    result() {
      if (out.stage() < 4 || err.stage() < 2) return undefined;
      return { stdout: out.part(2), stderr: err.part(1), status: (decimal(out.part(3)) ?? 255) & 255 };
    },
  };
}

/** A decoder for the one frame that {@link terminalFrameText} made with this nonce; all comes as stdout. */
export function terminalFrameDecoder(nonce: string): FrameDecoder {
  const { begin, end, errors, last } = marks(nonce);
  const out = cutter([`${begin} `, '\n', `${end} `, '\n', `${errors}\n`, `${last}\n`]);
  const none = Buffer.alloc(0);
  return {
    stdout: out.push,
    stderr() {},
    pid: () => (out.stage() > 1 ? decimal(out.part(1)) : undefined),
    printed: () => ({ stdout: out.part(2), stderr: out.part(5) }),
    noise: () => ({ stdout: out.part(0), stderr: none }),
    bytes: out.bytes,
    result() {
      if (out.stage() < 6) return undefined;
      return { stdout: out.part(2), stderr: out.part(5), status: (decimal(out.part(3)) ?? 255) & 255 };
    },
  };
}

/** The end mark is never seen by the script, not even in `$_`: only the shell around it knows it. */
function marks(nonce: string) {
  return { begin: `b-${nonce}`, end: `e-${nonce}`, errors: `f-${nonce}`, last: `g-${nonce}` };
}

function decimal(bytes: Buffer): number | undefined {
  const text = bytes.toString('latin1').trim();
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

const NOISE_BYTES = 8192;

/** Cuts a stream at each of these marks in turn. Every byte is looked at once, however it is chunked. */
function cutter(texts: readonly string[]) {
  const cuts = texts.map((text) => Buffer.from(text, 'latin1'));
  const parts: Buffer[][] = cuts.map(() => []);
  let stage = 0;
  let bytes = 0;
  let carry: Buffer = Buffer.alloc(0);

  function keep(piece: Buffer): void {
    if (piece.length === 0) return;
    parts[stage]?.push(piece);
    if (stage === 0) parts[0] = [Buffer.concat(parts[0] ?? []).subarray(-NOISE_BYTES)];
  }

  return {
    push(chunk: Buffer): void {
      bytes += chunk.length;
      let rest = carry.length > 0 ? Buffer.concat([carry, chunk]) : chunk;
      carry = Buffer.alloc(0);
      for (let cut = cuts[stage]; cut !== undefined; cut = cuts[stage]) {
        const at = rest.indexOf(cut);
        const end = at < 0 ? Math.max(0, rest.length - cut.length + 1) : at;
        keep(rest.subarray(0, end));
        carry = at < 0 ? rest.subarray(end) : Buffer.alloc(0);
        if (at < 0) return;
        rest = rest.subarray(at + cut.length);
        stage += 1;
      }
    },
    stage: () => stage,
    bytes: () => bytes,
    part: (index: number) => Buffer.concat(index === stage ? [...(parts[index] ?? []), carry] : (parts[index] ?? [])),
  };
}
