import { defineFact } from '../core/fact.js';
import { sh } from '../core/script.js';
import { pathWord } from '../core/write-file.js';
import { EXISTS, LOOKUP } from './file-lookup.js';

export interface FileContentQuery {
  readonly path: string;
  /** A longer file is unreadable; 1 MiB where none is given. */
  readonly maxBytes?: number;
}

/** A file's bytes. A directory, a device and a file over the limit are unreadable. */
export const fileContent = defineFact<FileContentQuery, Buffer>({
  name: 'file.content',
  about: "A regular file's bytes, up to a limit",
  mostBytes: 128 * 1024 * 1024,
  script: ({ path, maxBytes = DEFAULT_MAX_BYTES }) => sh`${LOOKUP}
p=${pathWord(path)}
${EXISTS}
[ ! -d "$p" ] || { echo 'is a directory' >&2; exit 21; }
[ -f "$p" ] || { echo 'is not a regular file' >&2; exit 1; }
head -c ${maxBytes + 1} < "$p"`,
  parse(_, { maxBytes = DEFAULT_MAX_BYTES }, bytes) {
    if (bytes.length > maxBytes) throw new Error(`larger than ${maxBytes} bytes`);
    return bytes;
  },
});

const DEFAULT_MAX_BYTES = 1024 * 1024;
