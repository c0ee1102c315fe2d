import { defineFact } from '../core/fact.js';
import { sh } from '../core/script.js';
import { pathWord } from '../core/write-file.js';
import { EXISTS, LOOKUP } from './file-lookup.js';

/** A regular file of a directory, or what a link in it leads to. */
export interface Piece {
  readonly name: string;
  readonly content: Buffer;
}

export interface Pieces {
  /** False where something else stands at the path. */
  readonly isDirectory: boolean;
  /** In no order. */
  readonly pieces: readonly Piece[];
}

/** The files right in a directory, with their bytes: all of them, or none. */
export const filePieces = defineFact<{ path: string }, Pieces>({
  name: 'file.pieces',
  about: 'The files of a directory and what is in them',
  mostBytes: 32 * 1024 * 1024,
  script: ({ path }) => sh`${LOOKUP}
p=${pathWord(path)}
${EXISTS}
[ -d "$p" ] || { echo other; exit 0; }
cd "$p" || exit 13
echo directory
for f in * .*; do
  [ -f "$f" ] || continue
  n=$(wc -c < "$f") || exit 13
  printf '%s\000%s\n' "$f" "$((n))"; head -c "$((n))" < "$f" || exit 1
done
printf '\000'`,
  parse(_, _query, bytes) {
    if (bytes.equals(Buffer.from('other\n'))) return { isDirectory: false, pieces: [] };
    const start = bytes.indexOf(10) + 1;
    if (bytes.toString('latin1', 0, start) !== 'directory\n') throw cutShort();
    const pieces: Piece[] = [];
    let at = start;
    for (;;) {
      const nameEnd = bytes.indexOf(0, at);
      if (nameEnd < 0) throw cutShort();
      if (nameEnd === at) break;
      const lineEnd = bytes.indexOf(10, nameEnd);
      const count = bytes.toString('latin1', nameEnd + 1, Math.max(lineEnd, nameEnd + 1));
      if (lineEnd < 0 || !/^\d+$/.test(count)) throw cutShort();
      const content = bytes.subarray(lineEnd + 1, lineEnd + 1 + Number(count));
      if (content.length < Number(count)) throw cutShort();
      pieces.push({ name: bytes.toString('utf8', at, nameEnd), content });
      at = lineEnd + 1 + Number(count);
    }
    if (at !== bytes.length - 1) throw cutShort();
    return { isDirectory: true, pieces };
  },
});

function cutShort(): Error {
  return new Error('the listing is cut short');
}
