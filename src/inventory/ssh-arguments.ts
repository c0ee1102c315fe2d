/** Another host on the way to one. */
export interface Jump {
  readonly user: string | undefined;
  readonly host: string;
  readonly port: number | undefined;
}

/** What an `ssh` command line's options say that we can do, and what we cannot. */
export interface SshArguments {
  readonly jumps?: readonly Jump[];
  readonly knownHostsFiles?: readonly string[];
  /** `no`, `accept-new`, `yes` or `ask`, as ssh_config(5) has them. */
  readonly strictHostKeyChecking?: StrictHostKeyChecking;
  readonly connectTimeoutSeconds?: number;
  readonly port?: number;
  readonly user?: string;
  readonly identityFile?: string;
  /** Options as they were written, to be named to the operator. */
  readonly notHonoured: readonly string[];
}

export type StrictHostKeyChecking = 'yes' | 'no' | 'ask' | 'accept-new';

type Settings = { -readonly [K in keyof SshArguments]?: SshArguments[K] };

/**
 * Reads the options of `ansible_ssh_common_args` and its like. Of an option given twice the first counts, as in ssh.
 *
 * @throws RangeError with a sentence: an unbalanced quote, an option without its value, a value that does not fit
 */
export function sshArguments(text: string): SshArguments {
  const words = shellWords(text);
  const settings: Settings = {};
  const notHonoured: string[] = [];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const [option, written] = optionOf(word, words);
    const more = option === undefined ? undefined : settingOf(option.name.toLowerCase(), option.value);
    if (more === undefined) notHonoured.push(written);
    else Object.assign(settings, { ...more, ...settings });
  }
  return { ...settings, notHonoured };
}

/** ssh's letters that take a value. */
const WITH_VALUE = /^-[BbcDEeFIiJLlmOopQRSWw]/;
const LETTERS: Readonly<Record<string, string>> = { J: 'proxyjump', p: 'port', l: 'user', i: 'identityfile' };

interface Option {
  readonly name: string;
  readonly value: string;
}

/** One option, with its value from the next word where it has none of its own, and both as written. */
function optionOf(word: string, rest: string[]): [option: Option | undefined, written: string] {
  if (!WITH_VALUE.test(word)) return [/^-[46ACaqTtxXnNv]+$/.test(word) ? quietly(word) : undefined, word];
  const letter = word[1] as string;
  const value = word.length > 2 ? word.slice(2) : rest.shift();
  if (value === undefined) throw new RangeError(`${word} has no value`);
  const written = word.length > 2 ? word : `${word} ${value}`;
  if (letter !== 'o') return [letter in LETTERS ? { name: LETTERS[letter] as string, value } : undefined, written];
  const pair = /^\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)(.*?)\s*$/s.exec(value);
  if (!pair) throw new RangeError(`${written} is not Name=value`);
  return [{ name: pair[1] as string, value: pair[2] as string }, written];
}

/** Letters that change nothing for a program that keeps one connection: quiet, compressed, no terminal. */
function quietly(word: string): Option | undefined {
  return /^-[CqTnxav]+$/.test(word) ? { name: 'batchmode', value: word } : undefined;
}

/** What we always do, or what only matters to a client that multiplexes connections. */
const NO_MATTER =
  /^(?:control(?:master|path|persist)|batchmode|compression|loglevel|requesttty|forwardagent|forwardx11)$/;

/** What an option sets; undefined where we do not honour it. */
function settingOf(name: string, value: string): Settings | undefined {
  switch (name) {
    case 'proxyjump':
      return { jumps: value === 'none' ? [] : value.split(',').map(jumpOf) };
    case 'proxycommand':
      return proxyCommand(value);
    case 'userknownhostsfile':
      return { knownHostsFiles: value === 'none' ? [] : value.split(/\s+/) };
    case 'stricthostkeychecking':
      return { strictHostKeyChecking: strictness(value) };
    case 'connecttimeout':
      return { connectTimeoutSeconds: wholeNumber(name, value, 1, 86_400) };
    case 'port':
      return { port: wholeNumber(name, value, 1, 65_535) };
    case 'user':
      return { user: value };
    case 'identityfile':
      return { identityFile: value };
    default:
      return NO_MATTER.test(name) && !(name.startsWith('forward') && value !== 'no') ? {} : undefined;
  }
}

/** `ssh -W %h:%p bastion`, which is a jump in other words; undefined for any other command. */
function proxyCommand(command: string): Settings | undefined {
  if (command === 'none') return { jumps: [] };
  const words = shellWords(command.replace(/^exec\s+/, ''));
  const forward = words.indexOf('-W');
  if (!/^(?:\/usr\/bin\/)?ssh$/.test(words[0] ?? '') || words[forward + 1] !== '%h:%p') return undefined;
  const rest = words.slice(1).filter((word, i) => i + 1 !== forward && i !== forward && word !== '-q');
  const port = rest.indexOf('-p');
  const given = port === -1 ? undefined : rest.splice(port, 2)[1];
  if (rest.length !== 1 || (rest[0] as string).startsWith('-')) return undefined;
  const jump = jumpOf(rest[0] as string);
  return { jumps: [given === undefined ? jump : { ...jump, port: wholeNumber('-p', given, 1, 65_535) }] };
}

/** `[user@]host[:port]`, an IPv6 address in brackets, or `ssh://...`. */
function jumpOf(text: string): Jump {
  const match = /^(?:ssh:\/\/)?(?:([^\s@]+)@)?(?:\[([^\]\s]+)\]|([^\s:@[\]%]+))(?::(\d+))?\/?$/.exec(text.trim());
  if (!match || (match[2] ?? match[3] ?? '').startsWith('-')) throw new RangeError(`${text} is not [user@]host[:port]`);
  const port = match[4] === undefined ? undefined : wholeNumber('the port', match[4], 1, 65_535);
  return { user: match[1], host: (match[2] ?? match[3]) as string, port };
}

function strictness(value: string): StrictHostKeyChecking {
  const known: Readonly<Record<string, StrictHostKeyChecking>> = {
    yes: 'yes',
    true: 'yes',
    no: 'no',
    false: 'no',
    off: 'no',
    ask: 'ask',
    'accept-new': 'accept-new',
  };
  const found = Object.hasOwn(known, value.toLowerCase()) ? known[value.toLowerCase()] : undefined;
  if (!found) throw new RangeError(`StrictHostKeyChecking is yes, no, ask or accept-new, not ${value}`);
  return found;
}

function wholeNumber(what: string, text: string, least: number, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw new RangeError(`${what} has to be ${least} to ${most}, not ${text}`);
  return value;
}

/** The words of a line as a POSIX shell splits them, with nothing expanded. */
function shellWords(text: string): string[] {
  const words: string[] = [];
  const piece = /\s+|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)/gsy;
  let open = false;
  while (piece.lastIndex < text.length) {
    const from = piece.lastIndex;
    const match = piece.exec(text);
    if (!match) throw new RangeError(`a quote is not closed in ${text.slice(from)}`);
    const [whole, single, double, escaped, plain] = match;
    const value = single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain;
    if (value === undefined) open = false;
    else if (open) words.push((words.pop() as string) + value);
    else words.push(value);
    if (value !== undefined) open = true;
    if (whole === '') break;
  }
  return words;
}
