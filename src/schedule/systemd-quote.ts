import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';

/** A file that systemd hands to the service as a credential, as the end of a word: `--private-key=` and its path. */
export interface CredentialWord {
  readonly before: string;
  /** The credential's name. */
  readonly credential: string;
}

export type CommandWord = string | CredentialWord;

/**
 * The words of a command for `ExecStart=`: each reaches the program as it is given here.
 *
 * @param words the program first, by its absolute path
 * @throws FixError `cli/usage` for a word that no unit can hold
 * @see systemd `src/core/load-fragment.c`, `config_parse_exec`; `src/basic/env-util.c`, `replace_env_argv`, at v252
 */
export function execWords(words: readonly CommandWord[]): string {
  const [program = '', ...rest] = words;
  // systemd expands no variable in the path of the program, so a dollar there cannot be doubled.
  if (typeof program !== 'string' || !program.startsWith('/') || program.includes('$')) throw unholdable(program);
  return [quoted(program, specifiers), ...rest.map(commandWord)].join(' ');
}

function commandWord(word: CommandWord): string {
  const escaped = (text: string) => specifiers(text).replaceAll('$', '$$$$');
  if (typeof word === 'string') return quoted(word, escaped);
  if (!/^[a-z][a-z0-9-]{0,60}$/.test(word.credential)) throw unholdable(word.credential);
  return `"${inside(word.before, escaped)}\${CREDENTIALS_DIRECTORY}/${word.credential}"`;
}

/** A word of a list of paths or variables (`Environment=`, `ReadWritePaths=`). @throws FixError `cli/usage` */
export function listWord(text: string): string {
  return quoted(text, specifiers);
}

/**
 * A path that is the whole of a value, or its end (`WorkingDirectory=`, `LoadCredential=NAME:`), which is not unquoted.
 * @throws FixError `cli/usage` for a path that such a value cannot hold
 */
export function pathValue(path: string): string {
  refuseUnholdable(path);
  // Blanks at the end are cut off, and a backslash there would join the next line.
  if (!path.startsWith('/') || /[\s\\]$/.test(path)) throw unholdable(path);
  return specifiers(path);
}

function quoted(word: string, escaped: (text: string) => string): string {
  refuseUnholdable(word);
  return /^[\w@:,./=+-]+$/.test(word) ? word : `"${inside(word, escaped)}"`;
}

function inside(word: string, escaped: (text: string) => string): string {
  refuseUnholdable(word);
  return escaped(word).replace(/[\\"]/g, '\\$&');
}

function specifiers(text: string): string {
  return text.replaceAll('%', '%%');
}

/** No control characters, no half of a pair: systemd passes over lines that are not UTF-8. */
function refuseUnholdable(text: string): void {
  if (/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text)) throw unholdable(text);
}

function unholdable(word: CommandWord): FixError {
  const shown = typeof word === 'string' ? word : word.before;
  return new FixError('cli/usage', `a systemd unit cannot hold ${JSON.stringify(printableLine(shown, 120))}`, {
    hint: 'Use a path or value without control characters, and without blanks or backslashes at its end.',
  });
}
