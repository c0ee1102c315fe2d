import { ABSENT, defineFact } from '../core/fact.js';
import { sh } from '../core/script.js';
import { pathWord } from '../core/write-file.js';

/** The paths that a shell pattern matches; absent where it matches none. */
export const fileGlob = defineFact<{ pattern: string; directory?: string | undefined }, readonly string[]>({
  name: 'file.glob',
  about: 'The paths that a pattern (*, ?, [...]) matches',
  // With an empty IFS an unquoted variable is matched against files but never split into words.
  mostBytes: 64 * 1024 * 1024,
  script: ({ pattern, directory }) => sh`cd ${directory === undefined ? '.' : pathWord(directory)} || exit ${ABSENT}
g=${pathWord(pattern)}; IFS=; set +f; s=${ABSENT}
for p in $g; do [ -e "$p" ] || [ -L "$p" ] || continue; s=0; printf '%s\000' "$p"; done
exit $s`,
  parse(stdout) {
    if (!stdout.endsWith('\0')) throw new Error('the list of paths is cut short');
    return stdout.slice(0, -1).split('\0');
  },
});
