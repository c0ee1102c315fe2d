import { defineFact } from '../core/fact.js';
import { scriptAsWritten, sh } from '../core/script.js';
import { pathWord } from '../core/write-file.js';
import { type ChecksumAlgorithm, checksumCommand } from './file-checksum.js';
import { EXISTS, EXISTS_OR_LINK, LOOKUP } from './file-lookup.js';

export type FileKind = 'file' | 'directory' | 'link' | 'character' | 'block' | 'fifo' | 'socket';

/** What `stat` says of a path. Fields that a host without `stat` cannot tell are undefined. */
export interface FileStat {
  readonly kind: FileKind;
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Undefined where the host knows no name for the number. */
  readonly user: string | undefined;
  readonly group: string | undefined;
  readonly sizeBytes: number;
  readonly links: number;
  readonly inode: number | undefined;
  readonly device: number | undefined;
  readonly deviceType: number | undefined;
  readonly blocks: number | undefined;
  readonly blockSizeBytes: number | undefined;
  /** Seconds since 1970, with a fraction. */
  readonly accessed: number | undefined;
  readonly modified: number | undefined;
  readonly statusChanged: number | undefined;
  /** Of a link: what it says, and the path it leads to in the end. */
  readonly linkTarget: string | undefined;
  readonly linkSource: string | undefined;
  /** What the user that runs the script may do; links are followed. */
  readonly readable: boolean;
  readonly writable: boolean;
  readonly executable: boolean;
  /** Hex; undefined where none was asked for, for what is no file, and where the host has no such tool. */
  readonly checksum: string | undefined;
}

export interface FileStatQuery {
  readonly path: string;
  /** Look at what a link leads to. */
  readonly follow?: boolean;
  readonly checksum?: ChecksumAlgorithm | undefined;
}

/** What stands at a path, from `stat -c`, or from `ls` on a host that has no `stat`. */
export const fileStat = defineFact<FileStatQuery, FileStat>({
  name: 'file.stat',
  about: 'What stands at a path: kind, mode, owner, size, times, where a link leads',
  script: ({ path, follow = false, checksum }) => sh`${LOOKUP}
p=${pathWord(path)}
o=${follow ? '-L' : ''}
${follow ? EXISTS : EXISTS_OR_LINK}
${STAT}
${checksum === undefined ? scriptAsWritten(':') : sh`[ ! -f "$p" ] || [ -z "$o" -a -L "$p" ] || c=$(${checksumCommand(checksum)})`}
printf 'checksum=%s\n' "$c"
[ -z "$o" ] && [ -L "$p" ] || exit 0
readlink "$p"; printf '\000'; readlink -f "$p" || :`,
  parse(stdout) {
    const [source, ...lines] = stdout.split('\n');
    if (source === 'stat') return withRest(fromStat(lines.slice(0, 6)), lines.slice(6));
    if (source === 'ls') return withRest(fromLs(lines.slice(0, 2)), lines.slice(2));
    throw new Error('stat said nothing');
  },
});

/** For `stat -c`: six lines, which `fromStat` reads. */
export const STAT_FORMAT = '%f %d %i %h %u %g %s %b %o %t %T %X %Y %Z\n%x\n%y\n%z\n%U\n%G';

const STAT = scriptAsWritten(`f='${STAT_FORMAT}'
if s=$(stat $o -c "$f" "$p" 2>/dev/null); then printf 'stat\\n%s\\n' "$s"
else echo ls; ls -ldn $o "$p" | head -n 1; ls -ld $o "$p" | head -n 1
fi
r= w= x= c=
[ ! -r "$p" ] || r=r
[ ! -w "$p" ] || w=w
[ ! -x "$p" ] || x=x
printf 'may=%s\\n' "$r$w$x"`);

type Rest = 'linkTarget' | 'linkSource' | 'readable' | 'writable' | 'executable' | 'checksum';

function withRest(stat: Omit<FileStat, Rest>, lines: string[]): FileStat {
  const may = /^may=([rwx]*)$/.exec(lines[0] ?? '')?.[1];
  const checksum = /^checksum=([0-9a-f]*)$/.exec(lines[1] ?? '')?.[1];
  if (may === undefined || checksum === undefined) throw new Error('the answer of stat is cut short');
  const [target, source] = lines.slice(2).join('\n').split('\0');
  const isLink = stat.kind === 'link';
  return {
    ...stat,
    readable: may.includes('r'),
    writable: may.includes('w'),
    executable: may.includes('x'),
    checksum: checksum === '' ? undefined : checksum,
    linkTarget: isLink ? target?.replace(/\n$/, '') : undefined,
    linkSource: isLink ? source?.replace(/\n$/, '') || undefined : undefined,
  };
}

/** @throws Error where the lines are no answer of `stat` */
export function fromStat([numbers = '', accessed = '', modified = '', changed = '', user = '', group = '']: string[]) {
  const n = numbers.split(' ');
  if (n.length !== 14 || !n.every((word) => /^[0-9a-f]+$/.test(word))) throw new Error('stat answered in another form');
  const raw = Number.parseInt(n[0] as string, 16);
  const decimal = (index: number) => Number(n[index]);
  const hex = (index: number) => Number.parseInt(n[index] as string, 16);
  return {
    kind: kindOf(raw),
    mode: raw & 0o7777,
    uid: decimal(4),
    gid: decimal(5),
    user: nameOf(user),
    group: nameOf(group),
    sizeBytes: decimal(6),
    links: decimal(3),
    inode: decimal(2),
    device: decimal(1),
    deviceType: deviceNumber(hex(9), hex(10)),
    blocks: decimal(7),
    blockSizeBytes: decimal(8),
    accessed: decimal(11) + fractionOf(accessed),
    modified: decimal(12) + fractionOf(modified),
    statusChanged: decimal(13) + fractionOf(changed),
  };
}

const KINDS = new Map<number, FileKind>([
  [0o10, 'file'],
  [0o04, 'directory'],
  [0o12, 'link'],
  [0o02, 'character'],
  [0o06, 'block'],
  [0o01, 'fifo'],
  [0o14, 'socket'],
]);

function kindOf(rawMode: number): FileKind {
  const kind = KINDS.get(rawMode >> 12);
  if (!kind) throw new Error(`an unknown kind of file: ${rawMode.toString(8)}`);
  return kind;
}

/** glibc's makedev, for numbers that fit 32 bits. */
function deviceNumber(major: number, minor: number): number {
  return (minor & 0xff) + (major & 0xfff) * 0x100 + (minor >>> 8) * 0x100000;
}

function nameOf(name: string): string | undefined {
  return name === '' || name === 'UNKNOWN' ? undefined : name;
}

/** `2026-11-24 22:54:16.123456789 +0000` to 0.123456789. */
function fractionOf(time: string): number {
  return Number(`0${/:\d\d(\.\d+)/.exec(time)?.[1] ?? ''}`);
}

const LS_KINDS: Readonly<Record<string, FileKind>> = {
  '-': 'file',
  d: 'directory',
  l: 'link',
  c: 'character',
  b: 'block',
  p: 'fifo',
  s: 'socket',
};

function fromLs([numeric = '', named = '']: string[]) {
  const found = /^([-dlcbps])([-rwxsStT]{9})[.+@]?\s+(\d+)\s+(\d+)\s+(\d+)\s+(?:(\d+),\s*(\d+)|(\d+))\s/.exec(numeric);
  if (!found) throw new Error('neither stat nor ls gave an answer');
  const [, kind = '', bits = '', links, uid, gid, major, minor, size] = found;
  const names = named.split(/\s+/);
  return {
    kind: LS_KINDS[kind] as FileKind,
    mode: modeOfBits(bits),
    uid: Number(uid),
    gid: Number(gid),
    user: names[2] === uid ? undefined : names[2],
    group: names[3] === gid ? undefined : names[3],
    sizeBytes: Number(size ?? 0),
    links: Number(links),
    inode: undefined,
    device: undefined,
    deviceType: major === undefined ? undefined : deviceNumber(Number(major), Number(minor)),
    blocks: undefined,
    blockSizeBytes: undefined,
    accessed: undefined,
    modified: undefined,
    statusChanged: undefined,
  };
}

/** `rwsr-xr-T` to a number. */
function modeOfBits(bits: string): number {
  let mode = 0;
  for (const [index, char] of [...bits].entries()) {
    if (char !== '-' && char !== 'S' && char !== 'T') mode |= 1 << (8 - index);
    if ('sStT'.includes(char)) mode |= 0o4000 >> ((index - 2) / 3);
  }
  return mode;
}
