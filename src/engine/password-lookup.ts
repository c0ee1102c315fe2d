import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { FixError, messageOf } from '../core/error.js';
import { neverShow } from '../core/mask.js';
import { readText } from '../core/read-text.js';
import { printableLine } from '../core/text.js';
import { passwordHash, randomPassword, randomSalt, refuseOptions, type Scope } from '../template/index.js';
import { inlineOptions } from './inline-options.js';

const OPTIONS = ['length', 'encrypt', 'chars', 'ident', 'seed'] as const;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
/** The names of Python's `string` that stand for many characters. */
const SETS: Readonly<Record<string, string>> = {
  ascii_letters: LETTERS + LETTERS.toUpperCase(),
  ascii_lowercase: LETTERS,
  ascii_uppercase: LETTERS.toUpperCase(),
  digits: DIGITS,
  hexdigits: `${DIGITS}abcdefABCDEF`,
  octdigits: '01234567',
  punctuation: PUNCTUATION,
  whitespace: ' \t\n\r\v\f',
  printable: `${DIGITS}${LETTERS}${LETTERS.toUpperCase()}${PUNCTUATION} \t\n\r\v\f`,
};

/** What a check made up for files that are not there yet: the run after it takes the same. */
const promised = new Map<string, string>();

/** `password`: what a file on the controller holds; where there is none, a new one that is written there. */
export function passwordLookup(
  terms: readonly unknown[],
  given: Readonly<Record<string, unknown>>,
  around: { readonly check: boolean; readonly scope: Scope },
): readonly string[] {
  refuseOptions('password', given, OPTIONS);
  return terms.map((term) => {
    const { key, options: inline } = inlineOptions('password', String(term), OPTIONS);
    return passwordOf(key, { ...given, ...inline }, around);
  });
}

function passwordOf(
  name: string,
  options: Readonly<Record<string, unknown>>,
  { check, scope }: { readonly check: boolean; readonly scope: Scope },
): string {
  if (options.ident) throw bad('ident belongs to bcrypt, which is not supported');
  const folder = scope.read('playbook_dir');
  const path = resolve(typeof folder === 'string' ? folder : '.', name);
  const kept = path === '/dev/null' ? undefined : contentOf(path);
  const [, found, salt] = /^([\s\S]*?)(?: salt=(\S+)(?: ident=\S+)?)?$/.exec(kept ?? promised.get(path) ?? '') ?? [];
  const length = Number(options.length ?? 20);
  if (!Number.isInteger(length) || length < 0 || length > 4096) throw bad('the length is no number that will do');
  const password =
    kept === undefined && !promised.has(path)
      ? randomPassword(length, charactersOf(options.chars), options.seed ?? null)
      : (found ?? '');
  neverShow(password);
  const type = options.encrypt ? String(options.encrypt) : undefined;
  const newSalt = type === undefined || salt !== undefined ? salt : randomSalt(/md5/.test(type) ? 8 : 16);
  const content = newSalt === undefined ? password : `${password} salt=${newSalt}`;
  if (path !== '/dev/null' && content !== kept) {
    if (check) promised.set(path, content);
    else write(path, content);
  }
  return type === undefined ? password : passwordHash(password, type, { salt: newSalt });
}

function charactersOf(given: unknown): string {
  const specs = given === undefined || given === null ? ['ascii_letters', 'digits', '.,:-_'] : given;
  const names = Array.isArray(specs) ? specs.map(String) : named(String(specs));
  const all = names.map((name) => (Object.hasOwn(SETS, name) ? SETS[name] : name)).join('');
  return all.replace(/["']/g, '');
}

/** `ascii_letters,digits,,`: a comma itself is written twice. */
function named(text: string): string[] {
  const own = text.includes(',,') ? [','] : [];
  return [
    ...own,
    ...text
      .replaceAll(',,', ',')
      .split(',')
      .filter((part) => part !== ''),
  ];
}

function contentOf(path: string): string | undefined {
  try {
    return readText(path, 'the password').trimEnd();
  } catch (cause) {
    if (!existsSync(path)) return undefined;
    throw bad(`cannot read ${printableLine(path)}: ${messageOf(cause)}`);
  }
}

function write(path: string, content: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, `${content}\n`, { mode: 0o600 });
    chmodSync(path, 0o600);
  } catch (cause) {
    throw bad(`cannot write ${printableLine(path)}: ${messageOf(cause)}`);
  }
}

function bad(message: string): FixError {
  return new FixError('template/failed', `password: ${message}`, { hint: 'Correct the lookup or its file.' });
}
