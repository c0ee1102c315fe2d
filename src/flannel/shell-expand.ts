import {
  broughtIn,
  type CommandWord,
  EMPTY_TEXT,
  MarkedBuilder,
  type MarkedText,
  sliceOf,
  spanOf,
  type Variable,
  type Variables,
} from './marked-text.js';
import { type ShellPart, type ShellWord, shellCommands, shellWord } from './shell-words.js';

/**
 * A shell word with its variables in place, split where the shell splits it. What only the host's shell knows stays
 * as it is written; a word that is nothing else is left out.
 * @param args what `"$@"` stands for, `undefined` where nobody knows
 */
export function expandShellWord(
  word: ShellWord,
  source: MarkedText,
  variables: Variables,
  args?: readonly CommandWord[],
): CommandWord[] {
  const span = spanOf(source, word.from, word.to);
  if (args && word.parts.length === 1 && word.parts[0]?.kind === 'arguments') return [...args];
  const pieces = word.parts.map((part) => piece(part, variables, 0));
  const opaque = pieces.some((part) => part.opaque);
  if (opaque && pieces.length === 1) return [];
  const split = pieces.some((part) => part.splits);
  const text = pieces.reduce((all, part) => joined(all, part.text), new MarkedBuilder()).build();
  const base = { path: span.path, start: span.start, end: span.end, opaque };
  if (!split) {
    const dropped = text.text === '' && !word.quoted;
    return dropped ? [] : [{ ...base, text, splits: cameFromVariable(text) }];
  }
  return blanksSplit(text).map((part) => ({ ...base, text: part, splits: true }));
}

function joined(all: MarkedBuilder, more: MarkedText): MarkedBuilder {
  all.append(more);
  return all;
}

function cameFromVariable({ marks }: MarkedText): boolean {
  return marks.length > 0 && marks.every((mark) => mark.of);
}

interface Piece {
  readonly text: MarkedText;
  readonly splits: boolean;
  readonly opaque: boolean;
}

function piece(part: ShellPart, variables: Variables, depth: number): Piece {
  if (part.kind === 'text') return { text: part.text, splits: false, opaque: false };
  if (part.kind !== 'variable') return { text: part.raw, splits: false, opaque: true };
  const variable = variables.get(part.name);
  if (variable && (variable.value.text !== '' || !part.orElse)) {
    return { text: broughtIn(variable, part.at), splits: !part.quoted, opaque: false };
  }
  if (!part.orElse || depth > 4) {
    return variable
      ? { text: EMPTY_TEXT, splits: !part.quoted, opaque: false }
      : { text: part.raw, splits: false, opaque: true };
  }
  return alternative(part.orElse, variables, part.quoted, depth);
}

function alternative(orElse: MarkedText, variables: Variables, quoted: boolean, depth: number): Piece {
  const inner = orElse.text === '' ? undefined : shellWord(orElse, 0);
  if (!inner) return { text: EMPTY_TEXT, splits: !quoted, opaque: false };
  if (inner.to < orElse.text.length) return { text: orElse, splits: !quoted, opaque: false };
  const pieces = inner.parts.map((part) => piece(part, variables, depth + 1));
  const text = pieces.reduce((all, one) => joined(all, one.text), new MarkedBuilder()).build();
  return { text, splits: false, opaque: pieces.some((one) => one.opaque) };
}

function blanksSplit(text: MarkedText): MarkedText[] {
  const parts: MarkedText[] = [];
  for (const match of text.text.matchAll(/[^ \t\n]+/g)) {
    parts.push(sliceOf(text, match.index, match.index + match[0].length));
  }
  return parts;
}

/** The variables that a shell text sees: those it is given, and over them the last `NAME=value` of each name. */
export function shellVariables(source: MarkedText, given: Variables): Map<string, Variable> {
  const found = new Map<string, Variable>(given);
  for (const { words } of shellCommands(source) ?? []) {
    for (const word of words) {
      const first = word.parts[0];
      const raw = source.text.slice(word.from, word.to);
      const name = /^([A-Za-z_][A-Za-z0-9_]*)=/.exec(raw)?.[1];
      if (!name) {
        if (/^(?:export|readonly|local|declare|typeset|env)$/.test(raw)) continue;
        break;
      }
      if (first?.kind !== 'text') break;
      found.set(name, scriptVariable(name, word, source, found));
    }
  }
  return found;
}

function scriptVariable(name: string, word: ShellWord, source: MarkedText, known: Variables): Variable {
  const [first, ...rest] = word.parts;
  const text =
    first?.kind === 'text' ? sliceOf(first.text, name.length + 1, first.text.text.length) : { text: '', marks: [] };
  const value = new MarkedBuilder();
  value.append(text);
  for (const part of rest) value.append(piece(part, known, 0).text);
  const span = spanOf(source, word.from, word.to);
  const begin = spanOf(source, word.from, word.from + name.length + 1).end;
  return { name, value: value.build(), path: span.path, origin: 'script', rawStart: begin, rawEnd: span.end };
}
