import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';

/** One setting, from a line of a configuration file, an option, or an inventory variable. */
export interface ConfigLine {
  /** In small letters. */
  readonly keyword: string;
  /** The keyword as it was written. */
  readonly written: string;
  /** Without quotes and comment. */
  readonly words: readonly string[];
  /** All after the keyword, as it stands; for commands and for `Match`. */
  readonly rest: string;
  /** Where it stands: `file:line`, or the variable or option that it comes from. */
  readonly at: string;
  /** Set where it comes from the inventory: the variable to correct. `at` says of which host it is. */
  readonly variable?: string | undefined;
}

/**
 * The lines of an ssh_config(5) file; comments and blank lines are left out.
 * @param file named in errors
 * @throws FixError `ssh/config` for a keyword without a value or a quote that is not closed
 * @see OpenSSH 9.2 `readconf.c`, `process_config_line_depth`
 */
export function parseSshConfig(text: string, file: string): ConfigLine[] {
  const lines: ConfigLine[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = lineOf(raw, `${file}:${index + 1}`);
    if (line !== undefined) lines.push(line);
  }
  return lines;
}

function lineOf(raw: string, at: string): ConfigLine | undefined {
  const text = raw.trim();
  if (text === '' || text.startsWith('#')) return undefined;
  const [written, from] = text.startsWith('"') ? quotedKeyword(text, at) : plainKeyword(text);
  let start = skipBlanks(text, from);
  if (text[start] === '=') start = skipBlanks(text, start + 1);
  return configLine(written, text.slice(start), { at });
}

/**
 * @throws FixError `ssh/config` for a value that is missing or has a quote that is not closed; `inventory/invalid`
 *   where it comes from a variable
 */
export function configLine(written: string, rest: string, where: { at: string; variable?: string }): ConfigLine {
  const keyword = written.toLowerCase();
  const line = { keyword, written, rest, words: [] as readonly string[], ...where };
  if (rest === '') throw badLine(line, `${shown(written)} has no value`);
  if (AS_IT_STANDS.has(keyword)) return line;
  const words = wordsOf(rest);
  if (words === undefined) throw badLine(line, `a quote is not closed after ${shown(written)}`);
  if (words.length === 0) throw badLine(line, `${shown(written)} has no value`);
  return { ...line, words };
}

/** @returns the error for a line that cannot be right, naming its place */
export function badLine(line: Pick<ConfigLine, 'at' | 'variable'>, what: string): FixError {
  if (line.variable !== undefined) {
    return new FixError('inventory/invalid', `${line.at} cannot be read: ${printableLine(what)}`, {
      hint: `Correct ${line.variable} in the inventory, its group_vars or its host_vars.`,
      at: line.at,
    });
  }
  return new FixError('ssh/config', `${printableLine(line.at)}: ${printableLine(what)}`, {
    hint: 'Correct that line, name another file with --ssh-config, or read none with --ssh-config none.',
    at: line.at,
  });
}

const AS_IT_STANDS = new Set(['proxycommand', 'localcommand', 'remotecommand', 'knownhostscommand', 'match']);

function shown(written: string): string {
  return printableLine(written, 60);
}

function plainKeyword(text: string): [string, number] {
  let end = 0;
  while (end < text.length && !isBlank(text[end]) && text[end] !== '=') end += 1;
  return [text.slice(0, end), end];
}

function quotedKeyword(text: string, at: string): [string, number] {
  const end = text.indexOf('"', 1);
  if (end < 0) throw badLine({ at }, 'a quote is not closed');
  return [text.slice(1, end), end + 1];
}

function isBlank(char: string | undefined): boolean {
  return char === ' ' || char === '\t' || char === '\r' || char === '\f';
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (isBlank(text[at])) at += 1;
  return at;
}

/** @returns undefined where a quote is not closed. @see OpenSSH 9.2 `misc.c`, `argv_split` */
export function wordsOf(text: string): string[] | undefined {
  const words: string[] = [];
  let at = skipBlanks(text, 0);
  while (at < text.length && text[at] !== '#') {
    const [word, end] = wordAt(text, at);
    if (end < 0) return undefined;
    words.push(word);
    at = skipBlanks(text, end);
  }
  return words;
}

/** A word and where it ends; the end is -1 where its quote is not closed. */
function wordAt(text: string, from: number): [string, number] {
  const pieces: string[] = [];
  let quote: string | undefined;
  let at = from;
  let plainFrom = from;
  const take = (upTo: number, next: number) => {
    pieces.push(text.slice(plainFrom, upTo));
    plainFrom = next;
  };
  for (; at < text.length; at += 1) {
    const char = text[at] as string;
    const next = text[at + 1];
    if (char === '\\' && (next === '\\' || next === '"' || next === "'" || (next === ' ' && quote === undefined))) {
      take(at, at + 1);
      at += 1;
    } else if (quote === undefined && isBlank(char)) break;
    else if (quote === undefined ? char === '"' || char === "'" : char === quote) {
      quote = quote === undefined ? char : undefined;
      take(at, at + 1);
    }
  }
  take(at, at);
  return [pieces.join(''), quote === undefined ? at : -1];
}
