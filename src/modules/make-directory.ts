import { type Script, sh } from '../core/script.js';
import { pathWord } from '../core/write-file.js';
import { attributeScript } from './file-attributes.js';

/**
 * Makes a directory, with its owner and mode, where none is. Another task that makes it at the same moment is no
 * failure: two names of an inventory may be one machine.
 */
export function makeDirectory(path: string, wanted: Readonly<Record<string, string>>): Script {
  const at = pathWord(path);
  return sh`[ -d ${at} ] || { { mkdir ${at} 2>/dev/null || [ -d ${at} ] || mkdir ${at}; } && ${attributeScript([path], wanted)}; } || exit 1`;
}
