import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { type Command, CommanderError, type Option } from 'commander';
import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';
import type { CheckOptions } from './check-options.js';

/** An option of a check that is to run later and elsewhere: `--forks=5`. */
export interface CheckWord {
  /** With everything before a path: `--report=json=`. */
  readonly before: string;
  /** What is a path of this machine, made absolute; without it `before` is the whole word. */
  readonly path?: string;
  readonly use?: PathUse;
}

/** What is done with a path. `secret`: a file that only its owner may read. */
export type PathUse = 'secret' | 'read' | 'report' | 'state';

export interface CheckWords {
  readonly words: readonly CheckWord[];
  /** As the check itself would read them. */
  readonly options: CheckOptions;
}

/** Where paths begin. */
export interface Place {
  readonly cwd: string;
  readonly home?: string;
}

/**
 * Reads the options of a check that runs without anybody before a terminal, and makes their paths absolute.
 *
 * @param check the command, whose own action is not run
 * @param words what stands after `--`
 * @throws FixError `cli/usage` for what a check does not take, for what asks somebody, and for an argument
 */
export function readCheckWords(check: Command, words: readonly string[], place: Place): CheckWords {
  const typed = typedOptions(check, words);
  return { words: typed.map((one) => checkWord(one, place)), options: parsed(check, words) };
}

interface Typed {
  readonly option: Option;
  readonly value: string | undefined;
}

function typedOptions(check: Command, words: readonly string[]): Typed[] {
  const found: Typed[] = [];
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    const { option, value, rest } = optionIn(check, word);
    if (rest !== undefined) left.unshift(rest);
    const takes = option.required || option.optional;
    const next = takes ? (value ?? left.shift()) : undefined;
    if (takes && next === undefined) throw usage(`${option.long} needs a value`, 'Put it after the option.');
    found.push({ option, value: next });
  }
  return found;
}

/** `--forks=5`, `--forks`, `-f5`, `-f`, `-vvD`: the first option of a word. */
function optionIn(check: Command, word: string): Partial<Typed> & { option: Option; rest?: string } {
  const [, long, longValue] = /^(--[^=]+)(?:=(.*))?$/s.exec(word) ?? [];
  const short = /^-[^-]/.test(word) ? word.slice(0, 2) : undefined;
  const option = check.options.find((one) => (long !== undefined ? one.long === long : one.short === short));
  if (option === undefined || (long === undefined && short === undefined)) throw unknown(word);
  if (long !== undefined) return { option, value: longValue };
  const tail = word.slice(2);
  if (tail === '') return { option, value: undefined };
  return option.required || option.optional ? { option, value: tail } : { option, value: undefined, rest: `-${tail}` };
}

function unknown(word: string): FixError {
  return usage(
    `${JSON.stringify(printableLine(word, 80))} is no option of check`,
    'After "--" only options of check may stand; `fix-flannel check --help` lists them.',
  );
}

const ASKS = ['askPass', 'askBecomePass', 'askVaultPass'];
const SECRETS = ['privateKey', 'keyPassphraseFile', 'vaultPasswordFile', 'kubeconfig'];
const READ = ['profile', 'waivers', 'sshConfig', 'from'];

function checkWord({ option, value }: Typed, place: Place): CheckWord {
  const name = option.attributeName();
  const long = option.long as string;
  if (ASKS.includes(name)) throw asks(long);
  if (value === undefined) return { before: long };
  const withPath = (lead: string, path: string, use: PathUse): CheckWord => ({
    before: `${long}=${lead}`,
    path: absolute(path, place),
    use,
  });
  if (name === 'vaultId') return vaultWord(value, withPath);
  if (name === 'sshConfig' && value.toLowerCase() === 'none') return { before: `${long}=${value}` };
  if (SECRETS.includes(name)) return withPath('', value, 'secret');
  if (READ.includes(name)) return withPath('', value, 'read');
  if (name === 'stateFolder') return withPath('', value, 'state');
  if (name === 'report') return reportWord(value, withPath);
  if (['extraVars', 'limit'].includes(name) && value.startsWith('@')) return withPath('@', value.slice(1), 'read');
  return { before: `${long}=${value}` };
}

type WithPath = (lead: string, path: string, use: PathUse) => CheckWord;

function vaultWord(value: string, withPath: WithPath): CheckWord {
  const at = value.indexOf('@');
  const path = value.slice(at + 1);
  if (path === 'prompt' || path === 'prompt_ask_vault_pass') throw asks(`--vault-id ${value}`);
  return withPath(value.slice(0, at + 1), path, 'secret');
}

function reportWord(value: string, withPath: WithPath): CheckWord {
  const equals = value.indexOf('=');
  const path = value.slice(equals + 1);
  return equals < 0 || path === '-'
    ? { before: `--report=${value}` }
    : withPath(value.slice(0, equals + 1), path, 'report');
}

function absolute(path: string, { cwd, home = homedir() }: Place): string {
  return resolve(
    cwd,
    path.replace(/^~(?=\/|$)/, () => home),
  );
}

/** The folder that a report goes to: it is put in place by a rename. */
export function folderOfReport({ path }: CheckWord): string {
  return dirname(path as string);
}

function parsed(check: Command, words: readonly string[]): CheckOptions {
  try {
    // The inventory is not looked at.
    check
      .exitOverride()
      .configureOutput({ writeErr: () => {}, outputError: () => {} })
      .action(() => {})
      .parse([...words, '--', 'inventory'], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw usage(printableLine(error.message.replace(/^error: /, ''), 200), '`fix-flannel check --help` lists them.');
  }
  return check.opts<CheckOptions>();
}

function asks(what: string): FixError {
  return usage(
    `${printableLine(what, 80)} asks somebody, and nobody is there when a check runs by itself`,
    'Name a file instead: --private-key, --vault-password-file, --key-passphrase-file.',
  );
}

function usage(message: string, hint: string): FixError {
  return new FixError('cli/usage', message, { hint });
}
