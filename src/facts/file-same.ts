import { defineFact } from '../core/fact.js';
import { sh } from '../core/script.js';
import { pathWord } from '../core/write-file.js';
import { LOOKUP } from './file-lookup.js';

/** Whether two files of one host hold the same bytes; absent where either is missing. */
export const fileSame = defineFact<{ path: string; other: string }, boolean>({
  name: 'file.same',
  about: 'Whether two files on the host hold the same bytes',
  script: ({ path, other }) => sh`${LOOKUP}
p=${pathWord(path)}; q=${pathWord(other)}
[ -e "$p" ] || gone "$p"; [ -e "$q" ] || gone "$q"
cmp -s "$p" "$q"; s=$?
[ $s -le 1 ] || exit $s
echo $s`,
  parse(stdout) {
    if (!/^[01]\n?$/.test(stdout)) throw new Error('cmp gave no answer');
    return stdout.startsWith('0');
  },
});
