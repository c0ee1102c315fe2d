import { dirname, isAbsolute, resolve } from 'node:path';
import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';

/** What the texts of settings are resolved against. */
export interface CfgSurroundings {
  readonly cwd: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A setting as it was written. */
export interface Written {
  readonly text: string;
  /** `FILE:LINE`, or the name of a variable of the environment. */
  readonly at: string;
  /** The file that it stands in. */
  readonly file: string | undefined;
}

/** Makes a value of a setting's text. @throws FixError `cli/usage` */
export type Kind<T> = (written: Written, around: CfgSurroundings) => T;

const TRUE = ['y', 'yes', 'on', '1', 'true', 't', '1.0'];
const FALSE = ['n', 'no', 'off', '0', 'false', 'f', '0.0', ''];

/** Ansible reads any other word as false; a word that was mistyped must not turn a check off. */
export const flag: Kind<boolean> = (written) => {
  const word = unquoted(written.text).toLowerCase();
  if (TRUE.includes(word)) return true;
  if (FALSE.includes(word)) return false;
  throw notA(written, 'true or false');
};

export const whole: Kind<number> = (written) => {
  const word = unquoted(written.text);
  if (!/^\d{1,9}$/.test(word)) throw notA(written, 'a whole number');
  return Number(word);
};

export const words: Kind<string> = ({ text }) => unquoted(text);

export const list: Kind<readonly string[]> = ({ text }) => {
  return text
    .split(',')
    .map((part) => unquoted(part.trim()))
    .filter((part) => part !== '');
};

/** Relative to the file that it stands in; `~`, `$NAME` and `{{CWD}}` are filled in. */
export const path: Kind<string> = ({ text, file }, around) => resolved(unquoted(text), file, around);

/** Separated by commas. */
export const pathList: Kind<readonly string[]> = ({ text, file }, around) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => resolved(part, file, around));

/** Separated by colons. */
export const searchPath: Kind<readonly string[]> = ({ text, file }, around) =>
  unquoted(text)
    .split(':')
    .filter((part) => part !== '')
    .map((part) => resolved(part, file, around));

export function oneOf<const T extends string>(...known: readonly T[]): Kind<T> {
  return (written) => {
    const word = unquoted(written.text);
    const found = known.find((one) => one === word);
    if (found === undefined) throw notA(written, known.join(', '));
    return found;
  };
}

function resolved(text: string, file: string | undefined, { cwd, home, env }: CfgSurroundings): string {
  const filled = text
    .replaceAll('{{CWD}}', cwd)
    .replace(/^~(?=\/|$)/, home)
    .replace(/\$(?:(\w+)|\{(\w+)\})/g, (whole, bare, braced) => env[bare ?? braced] ?? whole);
  return isAbsolute(filled) ? resolve(filled) : resolve(file === undefined ? cwd : dirname(file), filled);
}

/** A pair of quotes round the whole is not part of it. */
function unquoted(text: string): string {
  const trimmed = text.trim();
  const quote = trimmed.at(0);
  const isQuoted = trimmed.length > 1 && (quote === '"' || quote === "'") && trimmed.endsWith(quote);
  return isQuoted ? trimmed.slice(1, -1) : trimmed;
}

function notA({ text, at }: Written, wanted: string): FixError {
  return new FixError('cli/usage', `${printableLine(text, 80)} is not ${wanted}`, {
    hint: `Write one that is, or take the setting out.`,
    at,
  });
}
