import { createHash } from 'node:crypto';
import type { BeforeImage, FileImage, UnitImage } from '../core/before-image.js';
import { defineFact } from '../core/fact.js';
import { joinScripts, type Script, scriptAsWritten, sh } from '../core/script.js';
import { pathWord } from '../core/write-file.js';
import { checksumCommand } from './file-checksum.js';
import { LOOKUP } from './file-lookup.js';
import { FULL_PATH } from './host-path.js';
import { type HostRecord, hostRecords, RECORD_FUNCTIONS, recordText } from './host-records.js';

/** Bytes; a larger file is known by its digest and cannot be put back. */
export const MOST_KEPT_BYTES = 1024 * 1024;

export interface BeforeImageQuery {
  /** As a task writes them: absolute, below `~`, or relative to the login directory. */
  readonly files: readonly string[];
  readonly units: readonly string[];
  /** False for an image that is only compared with: then digests are enough. */
  readonly keepContent: boolean;
}

/**
 * What stands at some paths, and what some units do, in one exchange.
 *
 * A path itself is never followed. What a link leads to has an image of its own, under its own path, because a write
 * to the link changes that. A file that cannot be read has an empty digest.
 */
export const beforeImage = defineFact<BeforeImageQuery, BeforeImage>({
  name: 'before_image',
  about: 'What stands at some paths and what some units do, as much of it as an undo needs',
  mostBytes: 256 * 1024 * 1024,
  script: ({ files, units, keepContent }) =>
    joinScripts([
      FULL_PATH,
      LOOKUP,
      RECORD_FUNCTIONS,
      sh`keep=${keepContent ? 'yes' : ''}; most=${MOST_KEPT_BYTES}`,
      lookFunctions(),
      ...files.map((path) => sh`look_at ${pathWord(path)} || exit 1`),
      ...units.map((unit) => sh`unit ${unit}`),
      sh`record end ''`,
    ]),
  parse(_, { files, units, keepContent }, bytes) {
    const records = new Records(hostRecords(bytes));
    const images = new Map<string, FileImage>();
    for (const path of files) {
      for (const image of imagesAt(path, records, keepContent)) images.set(image.path, image);
    }
    const unitImages = units.map((name) => unitAt(name, records));
    if (!records.isEmpty) throw new Error('there is more than was asked for');
    return { files: [...images.values()], units: unitImages };
  },
});

/** `look_at PATH` prints what stands there; a file's content only where it is small and wanted. */
function lookFunctions(): Script {
  const sum = scriptAsWritten(`s=$(${checksumCommand('sha256').text})`);
  return joinScripts([
    scriptAsWritten(`stat_of() { stat -c '%f %u %g %s' "$1" 2>/dev/null || ls -ldn "$1"; }
content_of() {
  if [ ! -r "$p" ]; then record sum ''; return 0; fi
  size=$(wc -c <"$p") && size=$((size)) || return 1
  s=
  if [ -z "$keep" ] || [ "$size" -gt "$most" ]; then`),
    sum,
    scriptAsWritten(`    if [ -n "$s" ] || [ "$size" -gt "$most" ]; then record sum "$s"; return 0; fi
  fi
  printf 'content %s\\n' "$size"
  head -c "$size" <"$p"
  printf '\\n'
}
look_at() {
  p=$1
  if [ -L "$p" ]; then
    l=$(readlink "$p" && echo x) || { printf '%s: cannot read the link\\n' "$p" >&2; return 1; }
    record link "\${l%?x}"
    l=$(readlink -f "$p" && echo x) || l=x
    l=\${l%x}; l=\${l%?}
    record leads "$l"
    [ -z "$l" ] || look_at "$l"
  elif [ -f "$p" ]; then
    record file "$(stat_of "$p")"
    content_of
  elif [ -d "$p" ]; then record folder "$(stat_of "$p")"
  elif [ -e "$p" ]; then record other "$(stat_of "$p")"
  else
    ( gone "$p" )
    [ $? -eq 44 ] || return 1
    record absent ''
  fi
}
unit() {
  a= e=
  if command -v systemctl >/dev/null 2>&1; then
    a=$(systemctl is-active -- "$1" 2>/dev/null)
    e=$(systemctl is-enabled -- "$1" 2>/dev/null)
  fi
  record active "$a"; record enabled "$e"
}`),
  ]);
}

/** Records taken one after another. */
class Records {
  readonly #records: readonly HostRecord[];
  #at = 0;

  constructor(records: readonly HostRecord[]) {
    this.#records = records;
  }

  get isEmpty(): boolean {
    return this.#at === this.#records.length;
  }

  /** @throws Error where the next record has another name */
  take(...names: readonly string[]): HostRecord {
    const record = this.#records[this.#at++];
    if (record === undefined || !names.includes(record.name)) throw new Error('the answer is not whole');
    return record;
  }
}

function imagesAt(path: string, records: Records, keepContent: boolean): FileImage[] {
  const head = records.take('absent', 'file', 'folder', 'link', 'other');
  switch (head.name) {
    case 'absent':
      return [{ kind: 'absent', path }];
    case 'folder':
      return [{ kind: 'folder', path, ...attributesOf(recordText(head)) }];
    case 'file':
      return [fileAt(path, recordText(head), records, keepContent)];
    case 'link': {
      const leadsTo = recordText(records.take('leads'));
      const link = { kind: 'link' as const, path, target: recordText(head) };
      return leadsTo === '' ? [link] : [{ ...link, leadsTo }, ...imagesAt(leadsTo, records, keepContent)];
    }
    default:
      return [{ kind: 'other', path, what: whatOf(recordText(head)) }];
  }
}

function fileAt(path: string, stat: string, records: Records, keepContent: boolean): FileImage {
  const { name, bytes } = records.take('sum', 'content');
  const whole = { kind: 'file' as const, path, ...attributesOf(stat) };
  if (name === 'content') {
    const digest = createHash('sha256').update(bytes).digest('hex');
    return { ...whole, digest, bytes: bytes.length, content: keepContent ? Buffer.from(bytes) : undefined };
  }
  const digest = bytes.toString('latin1');
  if (!/^([0-9a-f]{64})?$/.test(digest)) throw new Error(`the digest of ${path} is none`);
  return { ...whole, digest, bytes: sizeOf(stat), content: undefined };
}

const FROM_STAT = /^([0-9a-f]+) (\d+) (\d+) (\d+)$/;
const FROM_LS =
  /^([-dlcbps])([-r][-w][-xsS][-r][-w][-xsS][-r][-w][-xtT])[.+@]?\s+\d+\s+(\d+)\s+(\d+)\s+(?:\d+,\s*)?(\d+)\s/;

function attributesOf(stat: string): { mode: string; owner: string; group: string } {
  const [, raw, owner, group] = FROM_STAT.exec(stat) ?? [];
  if (raw !== undefined) return attributes(Number.parseInt(raw, 16) & 0o7777, owner, group);
  const [, , letters, uid, gid] = FROM_LS.exec(stat) ?? [];
  if (letters === undefined) throw new Error('neither stat nor ls tells a mode');
  return attributes(modeOf(letters), uid, gid);
}

function attributes(mode: number, owner = '', group = '') {
  return { mode: mode.toString(8).padStart(4, '0'), owner, group };
}

function sizeOf(stat: string): number {
  return Number(FROM_STAT.exec(stat)?.[4] ?? FROM_LS.exec(stat)?.[5] ?? 0);
}

/** `rwsr-xr-T` to a number. */
function modeOf(letters: string): number {
  let mode = 0;
  for (const [index, letter] of [...letters].entries()) {
    if (!'-ST'.includes(letter)) mode |= 1 << (8 - index);
    if ('sStT'.includes(letter)) mode |= 0o4000 >> ((index - 2) / 3);
  }
  return mode;
}

const KINDS: Readonly<Record<string, string>> = {
  '1': 'pipe',
  '2': 'character device',
  '6': 'block device',
  c: 'socket',
  p: 'pipe',
  b: 'block device',
  s: 'socket',
};

/** `stat` gives the kind as the first digit of the raw mode, `ls` as its first letter. */
function whatOf(stat: string): string {
  const raw = FROM_STAT.exec(stat)?.[1];
  if (raw !== undefined) return KINDS[(Number.parseInt(raw, 16) >> 12).toString(16)] ?? 'something else';
  return stat.startsWith('c') ? 'character device' : (KINDS[stat.slice(0, 1)] ?? 'something else');
}

function unitAt(name: string, records: Records): UnitImage {
  const active = recordText(records.take('active')).trim();
  const enabled = recordText(records.take('enabled')).trim();
  return { name, active, enabled };
}
