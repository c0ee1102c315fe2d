import { badLine, type ConfigLine, configLine } from './ssh-config-line.js';

/** What an `ssh` command line's options say. */
export interface SshArguments {
  /** Each option as the configuration line that it stands for; of one given twice the first counts. */
  readonly lines: readonly ConfigLine[];
  /** `-F`: the file to read instead of the user's and the system's; `none` for none. */
  readonly configFile?: string | undefined;
  /** Options as they were written that no configuration line stands for, to be named to the operator. */
  readonly notHonoured: readonly string[];
  /** Words that are no options: a destination and a command. */
  readonly operands: readonly string[];
  /** `-W`: where standard input and output are to go. */
  readonly forward?: string | undefined;
}

/**
 * Reads the options of `ansible_ssh_common_args` and its like, or of an `ssh` in a `ProxyCommand`.
 *
 * @param where how the place is named in errors; a variable of the inventory, where it is one
 * @throws FixError `inventory/invalid` for a variable, else `ssh/config`: an unbalanced quote, an option without its
 *   value, a value that does not fit
 */
export function sshArguments(text: string, where: { at: string; variable?: string }): SshArguments {
  const words = shellWords(text);
  if (words === undefined) throw badLine(where, `a quote is not closed in ${text}`);
  const lines: ConfigLine[] = [];
  const notHonoured: string[] = [];
  const operands: string[] = [];
  const more: { configFile?: string; forward?: string } = {};
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] as string;
    if (!word.startsWith('-') || word === '-') operands.push(word);
    else if (!WITH_VALUE.test(word)) notHonoured.push(...(QUIET.test(word) ? [] : [word]));
    else {
      const letter = word[1] as string;
      if (word.length === 2) at += 1;
      const value = word.length > 2 ? word.slice(2) : words[at];
      if (value === undefined) throw badLine(where, `${word} has no value`);
      const keyword = LETTERS[letter];
      if (letter === 'o') lines.push(optionLine(value, where));
      else if (letter === 'F') more.configFile ??= value;
      else if (letter === 'W') more.forward ??= value;
      else if (keyword !== undefined) lines.push(valueLine(keyword, value, where));
      else notHonoured.push(word.length > 2 ? word : `${word} ${value}`);
    }
  }
  return { lines, notHonoured, operands, ...more };
}

/** ssh's letters that take a value. */
const WITH_VALUE = /^-[BbcDEeFIiJLlmOopQRSWw]/;
const LETTERS: Readonly<Record<string, string>> = {
  J: 'ProxyJump',
  p: 'Port',
  l: 'User',
  i: 'IdentityFile',
  c: 'Ciphers',
  m: 'MACs',
};

/** Letters that change nothing for a program that keeps one connection: quiet, compressed, no terminal. */
const QUIET = /^-[CqTnxav]+$/;

/** A line whose value is one word, whatever is in it. */
export function valueLine(written: string, value: string, where: { at: string; variable?: string }): ConfigLine {
  if (value === '') throw badLine(where, `${written} has no value`);
  return { keyword: written.toLowerCase(), written, words: [value], rest: value, ...where };
}

function optionLine(text: string, where: { at: string; variable?: string }): ConfigLine {
  const pair = /^\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)(\S.*?)?\s*$/s.exec(text);
  if (!pair) throw badLine(where, `-o ${text} is not Name=value`);
  return configLine(pair[1] as string, pair[2] ?? '', where);
}

/** The words of a line as a POSIX shell splits them, with nothing expanded; undefined where a quote is not closed. */
export function shellWords(text: string): string[] | undefined {
  const words: string[] = [];
  const piece = /\s+|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)/gsy;
  let open = false;
  while (piece.lastIndex < text.length) {
    const match = piece.exec(text);
    if (!match) return undefined;
    const [, single, double, escaped, plain] = match;
    const value = single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain;
    if (value === undefined) open = false;
    else if (open) words.push((words.pop() as string) + value);
    else words.push(value);
    if (value !== undefined) open = true;
  }
  return words;
}
