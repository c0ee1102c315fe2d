import { type Script, scriptAsWritten } from '../core/script.js';
import type { HostFile } from '../flannel/unit.js';

/** One named piece of a script's output: `NAME LENGTH`, a line feed, that many bytes, a line feed. */
export interface HostRecord {
  readonly name: string;
  readonly bytes: Buffer;
}

/**
 * Shell functions that print records, so that nothing in a file's content can pass for a record of its own.
 *
 * `record NAME TEXT`; `record_file NAME PATH` prints a file with its mode, owner, group, resolved path and whether it
 * can be written (root passes `-w` on some shells where the file system is read-only, so the mount is looked at too).
 * Bytes are counted by the shell itself, where it counts bytes and not letters: a program for each record takes a second
 * of a host's time. A file over 256 KiB, or one that is no plain file of a disk, is `missing`. The last line of a script must be `record end ''`.
 */
export const RECORD_FUNCTIONS: Script = scriptAsWritten(`
two=é
if [ "\${#two}" -eq 2 ]; then
  record() { printf '%s %s\\n%s\\n' "$1" "\${#2}" "$2"; }
else
  record() { printf '%s %s\\n%s\\n' "$1" "$(($(printf '%s' "$2" | wc -c)))" "$2"; }
fi
can_write() {
  [ -w "$1" ] && [ -w "\${1%/*}/" ] || return 1
  best= best_options=
  while read -r device mount type options rest; do
    case "$1" in
      "$mount" | "\${mount%/}"/*) [ "\${#mount}" -ge "\${#best}" ] && best=$mount best_options=$options ;;
    esac
  done </proc/mounts
  case ",$best_options," in *,ro,*) return 1 ;; esac
}
record_file() {
  record "$1" "$2"
  size=
  case "$(readlink -f "$2")" in /proc/* | /sys/* | /dev/*) record missing ''; return 0 ;; esac
  [ -f "$2" ] && size=$(wc -c 2>/dev/null <"$2") && [ "$size" -le 262144 ] || { record missing ''; return 0; }
  real=$(readlink -f "$2")
  record stat "$(stat -L -c '%a %U %G' "$2" 2>/dev/null || ls -ldL "$2")"
  record real "$real"
  if can_write "$real"; then record writable yes; else record writable no; fi
  printf 'content %s\\n' "$((size))"
  head -c "$((size))" "$2"
  printf '\\n'
}
`);

/**
 * Takes a script's records apart.
 * @throws Error where the output is cut short or a file changed while it was read
 */
export function hostRecords(output: Buffer): HostRecord[] {
  const records: HostRecord[] = [];
  let at = 0;
  while (at < output.length) {
    const lineEnd = output.indexOf(10, at);
    const head = /^([a-z_]+) (\d{1,7})$/.exec(output.subarray(at, Math.max(lineEnd, at)).toString('latin1'));
    if (lineEnd < 0 || head === null) throw new Error('the output is torn');
    const end = lineEnd + 1 + Number(head[2]);
    if (output[end] !== 10) throw new Error('the output is torn');
    records.push({ name: head[1] as string, bytes: output.subarray(lineEnd + 1, end) });
    at = end + 1;
    if (head[1] === 'end') break;
  }
  if (records.at(-1)?.name !== 'end') throw new Error('the output is cut short');
  if (output.subarray(at).toString('latin1').trim() !== '') throw new Error('there is output after the end');
  return records.slice(0, -1);
}

/** The same records as a script would print them. */
export function printedRecords(records: readonly HostRecord[]): Buffer {
  const parts = [...records, { name: 'end', bytes: Buffer.alloc(0) }].flatMap(({ name, bytes }) => [
    Buffer.from(`${name} ${bytes.length}\n`),
    bytes,
    Buffer.from('\n'),
  ]);
  return Buffer.concat(parts);
}

/** The record's bytes as text. */
export function recordText(record: HostRecord): string {
  return record.bytes.toString('utf8');
}

/** What `record_file` keeps to; whoever answers in its place may not. */
const MOST_FILE_BYTES = 256 * 1024;

/** What `record_file` printed: under which name, for which path, and the file where there is one. */
export interface FileRecord {
  readonly name: string;
  readonly path: string;
  readonly file: HostFile | undefined;
}

/**
 * Reads the records of one `record_file` from `index` on.
 * @returns the file and the index of the record after it
 * @throws Error where the records are not in its order
 */
export function fileRecordAt(records: readonly HostRecord[], index: number): { found: FileRecord; next: number } {
  const head = records[index] as HostRecord;
  const path = recordText(head);
  if (records[index + 1]?.name === 'missing') {
    return { found: { name: head.name, path, file: undefined }, next: index + 2 };
  }
  const [stat, real, writable, content] = ['stat', 'real', 'writable', 'content'].map((name, offset) => {
    const record = records[index + 1 + offset];
    if (record?.name !== name) throw new Error(`the record of ${path} is not whole`);
    return recordText(record);
  }) as [string, string, string, string];
  if (content.length > MOST_FILE_BYTES) throw new Error(`${path} is larger than it may be`);
  const file: HostFile = {
    path,
    text: content,
    ...ownership(stat),
    linksTo: real !== path && real !== '' ? real : undefined,
    writable: writable === 'yes',
  };
  return { found: { name: head.name, path, file }, next: index + 5 };
}

function ownership(stat: string): Pick<HostFile, 'mode' | 'owner' | 'group'> {
  const short = /^([0-7]{1,4}) (\S+) (\S+)$/.exec(stat);
  if (short !== null) {
    return { mode: (short[1] as string).padStart(4, '0'), owner: short[2] as string, group: short[3] as string };
  }
  const long = /^.([r-][w-][xsS-][r-][w-][xsS-][r-][w-][xtT-])\S*\s+\d+\s+(\S+)\s+(\S+)\s/.exec(stat);
  if (long === null) throw new Error('neither stat nor ls tells a mode');
  return { mode: octal(long[1] as string), owner: long[2] as string, group: long[3] as string };
}

function octal(letters: string): string {
  const bits = [...letters].map((letter) => ('-ST'.includes(letter) ? '0' : '1')).join('');
  const special = [2, 5, 8].map((at) => ('sStT'.includes(letters[at] as string) ? '1' : '0')).join('');
  return Number.parseInt(special + bits, 2)
    .toString(8)
    .padStart(4, '0');
}
