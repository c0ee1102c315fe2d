import { defineFact } from '../core/fact.js';
import { type Script, scriptAsWritten, sh } from '../core/script.js';
import { checksumCommand } from './file-checksum.js';
import { EXISTS, LOOKUP } from './file-lookup.js';
import { fromStat, STAT_FORMAT } from './file-stat.js';

/** What a search looks at. */
export interface FileFindQuery {
  /** A word of a script that names the directory. */
  readonly directory: Script;
  /** How many levels below the directory; 0 is all. */
  readonly depth: number;
  /** Directories that links lead to are searched too. */
  readonly follow: boolean;
  /** Read the checksum (SHA-1), or the content, of regular files. */
  readonly checksum: boolean;
  readonly content: boolean;
  /** Only of those whose name one of these shell patterns matches; all, where there is none. */
  readonly names: readonly string[];
}

export interface FoundEntry {
  /** Relative to the directory. */
  readonly name: string;
  /** Of the entry itself: a link is not followed. */
  readonly stat: ReturnType<typeof fromStat>;
  /** Undefined where it was not asked for, or the host has no tool for it. */
  readonly checksum: string | undefined;
  /** Undefined where it was not asked for, cannot be read, or is larger than `MAX_CONTENT`. */
  readonly content: Buffer | undefined;
}

export interface Found {
  /** The directory, as the host's shell has it. */
  readonly directory: string;
  /** The host's time: seconds since 1970. */
  readonly now: number;
  readonly entries: readonly FoundEntry[];
  /** Some directory below could not be searched. */
  readonly isPartial: boolean;
}

/** Larger files are not looked into. */
export const MAX_CONTENT = 1024 * 1024;

/** All that is below a directory, with what `stat` says of it. */
export const fileFind = defineFact<FileFindQuery, Found>({
  name: 'file.find',
  about: 'What is below a directory: kind, mode, owner, size, times; contents where asked for',
  mostBytes: 128 * 1024 * 1024,
  script: (query) => sh`${LOOKUP}
p=${query.directory}
${EXISTS}
[ -d "$p" ] || { printf "'%s' is not a directory\n" "$p" >&2; exit 20; }
cd "$p" || exit 13
printf '%s\000%s\n' "$p" "$(date +%s)"
s=0
${search(query)} -exec sh -c ${LIST} sh {} + ${prune(query)} || s=1
echo 0
${query.checksum || query.content ? looked(query) : scriptAsWritten(':')}
echo "end $s"`,
  parse(_, query, bytes) {
    const answer = new Answer(bytes);
    const directory = answer.upTo(0);
    const now = Number(answer.line());
    const stats = statsOf(answer);
    const more = query.checksum || query.content ? looksOf(answer, query) : new Map<string, Look>();
    const end = /^end ([01])$/.exec(answer.line());
    if (!end || !Number.isFinite(now)) throw new Error('the listing is cut short');
    const entries = stats.map(([name, stat]) => ({
      name,
      stat,
      checksum: undefined,
      content: undefined,
      ...more.get(name),
    }));
    return { directory, now, entries, isPartial: end[1] === '1' };
  },
});

function search({ follow }: FileFindQuery): Script {
  return scriptAsWritten(`find ${follow ? '-L ' : ''}. ! -name .`);
}

/** After everything else, so that what is deepest is listed itself. */
function prune({ depth }: FileFindQuery): Script {
  return depth === 0 ? scriptAsWritten('') : sh`-path ${`.${'/*'.repeat(depth)}`} -prune`;
}

/** How many, six lines of `stat` each, their names with a NUL each. */
const LIST = `echo $#; stat -c "${STAT_FORMAT}" "$@"; printf "%s\\000" "$@"`;

/** Of each regular file: its name, its checksum, how many bytes follow, these. */
function looked(query: FileFindQuery): Script {
  const { checksum, content, names } = query;
  const named = names.flatMap((name, index) => [...(index === 0 ? [] : [scriptAsWritten('-o')]), sh`-name ${name}`]);
  const body = sh`for p do
[ -f "$p" ] && [ ! -L "$p" ] && [ -r "$p" ] || continue
h= n=0
${checksum ? sh`h=$(${checksumCommand('sha1')})` : scriptAsWritten(':')}
${content ? sh`n=$(wc -c < "$p"); [ "$n" -le ${MAX_CONTENT} ] || n=-1` : scriptAsWritten(':')}
printf '%s\000%s\n%s\n' "$p" "$h" "$((n))"
[ "$n" -le 0 ] || head -c "$((n))" < "$p"
done`;
  return sh`${search(query)} ${names.length === 0 ? [] : [scriptAsWritten('\\('), ...named, scriptAsWritten('\\)')]} -type f -exec sh -c ${body.text} sh {} + ${pruneAll(query)}
printf '\000'`;
}

/** What the names pass over has to be pruned too. */
function pruneAll(query: FileFindQuery): Script {
  return query.depth === 0 ? scriptAsWritten('') : sh`-o ${prune(query)}`;
}

/** An answer that is read from its start to its end. */
class Answer {
  #at = 0;

  constructor(readonly bytes: Buffer) {}

  upTo(byte: number): string {
    const end = this.bytes.indexOf(byte, this.#at);
    if (end < 0) throw new Error('the listing is cut short');
    const text = this.bytes.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return text;
  }

  line(): string {
    return this.upTo(10);
  }

  take(count: number): Buffer {
    const piece = this.bytes.subarray(this.#at, this.#at + count);
    if (piece.length < count) throw new Error('the listing is cut short');
    this.#at += count;
    return piece;
  }
}

function statsOf(answer: Answer): [string, ReturnType<typeof fromStat>][] {
  const all: [string, ReturnType<typeof fromStat>][] = [];
  for (let count = numberIn(answer.line()); count > 0; count = numberIn(answer.line())) {
    const stats = Array.from({ length: count }, () => fromStat(Array.from({ length: 6 }, () => answer.line())));
    for (const stat of stats) all.push([answer.upTo(0).slice(2), stat]);
  }
  return all;
}

type Look = Pick<FoundEntry, 'checksum' | 'content'>;

function looksOf(answer: Answer, { content: isRead }: FileFindQuery): Map<string, Look> {
  const looks = new Map<string, Look>();
  for (let name = answer.upTo(0); name !== ''; name = answer.upTo(0)) {
    const checksum = answer.line() || undefined;
    const count = Number(answer.line());
    const content = isRead && count >= 0 ? answer.take(count) : undefined;
    looks.set(name.slice(2), { checksum, content });
  }
  return looks;
}

function numberIn(line: string): number {
  if (!/^\d+$/.test(line)) throw new Error('the listing is cut short');
  return Number(line);
}
