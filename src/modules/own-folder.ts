import { type Script, sh } from '../core/script.js';
import { directoryOf } from './host-path.js';

/**
 * A script that makes a folder for us alone, or takes one that is ours already. A link, or a folder of somebody else
 * that stands there first, is refused: what is moved into it has to be found again by nobody but us.
 */
export function ownFolder(folder: string): Script {
  return sh`umask 077 && mkdir -p -- ${folder} || exit 1
[ ! -L ${folder} ] && [ -O ${folder} ] && [ -O ${directoryOf(folder)} ] || {
  printf '%s is a link, or belongs to somebody else\n' ${folder} >&2; exit 1
}`;
}
