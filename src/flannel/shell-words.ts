import { type Mark, MarkedBuilder, type MarkedText, sliceOf, spanOf } from './marked-text.js';

/** A piece of a shell word. */
export type ShellPart =
  | { readonly kind: 'text'; readonly text: MarkedText }
  | {
      readonly kind: 'variable';
      readonly name: string;
      readonly quoted: boolean;
      readonly at: Mark;
      readonly raw: MarkedText;
      readonly orElse?: MarkedText;
    }
  /** `$(...)`, `$1`, `${X%%y}`: what only the host's shell knows. `"$@"` and `$@` are `arguments`. */
  | { readonly kind: 'opaque' | 'arguments'; readonly raw: MarkedText };

export interface ShellWord {
  readonly parts: readonly ShellPart[];
  /** In the text that was parsed. */
  readonly from: number;
  readonly to: number;
  readonly quoted: boolean;
}

/** A simple command: its words, without redirections. */
export interface ShellCommand {
  readonly words: readonly ShellWord[];
}

/**
 * The simple commands of a shell text, wherever they stand (in functions, conditions, groups, after `&&`).
 * Good enough to find one command and its words; what it cannot read is an opaque part of a word.
 * @returns `undefined` where a quote or a substitution is never closed
 */
export function shellCommands(source: MarkedText): ShellCommand[] | undefined {
  const commands: ShellCommand[] = [];
  const text = source.text;
  let words: ShellWord[] = [];
  let redirected = false;
  const hereDocuments: string[] = [];
  const finish = () => {
    if (words.length > 0) commands.push({ words });
    [words, redirected] = [[], false];
  };
  for (let at = 0; at < text.length; ) {
    const char = text[at] as string;
    const redirection = /^[0-9]*(?:<<-?|<<<|>>|[<>]&|&>>?|>\||<>|[<>])(?:[0-9]+(?![^\s;&|<>()])|-)?/.exec(
      text.slice(at, at + 20),
    );
    if (/^\\\r?\n/.test(text.slice(at, at + 3))) at += text[at + 1] === '\r' ? 3 : 2;
    else if (redirection && !(char === '&' && redirection[0] === '&')) {
      at += redirection[0].length;
      redirected = !/&[0-9-]+$/.test(redirection[0]);
      if (/^[0-9]*<<-?$/.test(redirection[0]))
        hereDocuments.push(/^[ \t]*\\?['"]?([^\s'";]*)/.exec(text.slice(at))?.[1] ?? '');
    } else if (char === '\n') {
      finish();
      at += 1;
      for (const end of hereDocuments.splice(0)) at = afterHereDocument(text, at, end);
    } else if (';&|()'.includes(char)) {
      finish();
      at += 1;
    } else if (/\s/.test(char)) at += 1;
    else if (char === '#') at = lineEnd(text, at);
    else {
      const word = shellWord(source, at);
      if (!word) return undefined;
      if (redirected) redirected = false;
      else words.push(word);
      at = word.to;
    }
  }
  finish();
  return commands;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

function afterHereDocument(text: string, begin: number, end: string): number {
  for (let at = begin; at < text.length; ) {
    const stop = lineEnd(text, at);
    if (text.slice(at, stop).trim() === end) return Math.min(text.length, stop + 1);
    at = stop + 1;
  }
  return text.length;
}

/**
 * One word of a shell text.
 * @returns `undefined` where a quote or a substitution in it is never closed
 */
export function shellWord(source: MarkedText, from: number): ShellWord | undefined {
  const { text } = source;
  const parts: ShellPart[] = [];
  let plain = new MarkedBuilder();
  let quoted = false;
  let quote = '';
  const flush = () => {
    if (plain.length > 0) parts.push({ kind: 'text', text: plain.build() });
    plain = new MarkedBuilder();
  };
  let at = from;
  for (; at < text.length; ) {
    const char = text[at] as string;
    if (quote === "'") {
      if (char === "'") quote = '';
      else plain.append(sliceOf(source, at, at + 1));
      at += 1;
    } else if (char === '\\') {
      const next = text[at + 1];
      const kept = quote === '"' && next !== undefined && !'"\\`$\n'.includes(next);
      if (kept) plain.append(sliceOf(source, at, at + 2));
      else if (next !== undefined && next !== '\n') plain.add(next, spanOf(source, at, at + 2));
      at += 2;
    } else if (char === '$' || char === '`') {
      const part = substitution(source, at, quote === '"');
      if (!part) return undefined;
      if (part.kind === 'text') plain.append(part.text);
      else {
        flush();
        parts.push(part);
      }
      at = part.to;
    } else if (char === '"' || (char === "'" && quote === '')) {
      quote = quote === char ? '' : char;
      quoted = true;
      at += 1;
    } else if (quote === '' && /[\s;&|()<>]/.test(char)) break;
    else {
      plain.append(sliceOf(source, at, at + 1));
      at += 1;
    }
  }
  if (quote !== '') return undefined;
  flush();
  return { parts, from, to: Math.min(at, text.length), quoted };
}

function substitution(source: MarkedText, at: number, quoted: boolean): (ShellPart & { to: number }) | undefined {
  const { text } = source;
  const rest = text.slice(at);
  if (rest.startsWith('`')) {
    const end = text.indexOf('`', at + 1);
    return end < 0 ? undefined : { kind: 'opaque', raw: sliceOf(source, at, end + 1), to: end + 1 };
  }
  if (rest.startsWith('$(')) {
    const to = closing(text, at + 1, '(', ')');
    return to === undefined ? undefined : { kind: 'opaque', raw: sliceOf(source, at, to), to };
  }
  if (rest.startsWith('${')) {
    const to = closing(text, at + 1, '{', '}');
    if (to === undefined) return undefined;
    const inner = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(:?-)?([\s\S]*)\}$/.exec(text.slice(at, to));
    if (!inner || (inner[2] === undefined && inner[3] !== '')) {
      const all = /^\$\{[@*](?:[:+-].*)?\}$/.test(text.slice(at, to));
      return { kind: all ? 'arguments' : 'opaque', raw: sliceOf(source, at, to), to };
    }
    const spot = spanOf(source, at, to);
    const start = at + 2 + (inner[1] as string).length + (inner[2] ?? '').length;
    const orElse = inner[2] === undefined ? {} : { orElse: sliceOf(source, start, to - 1) };
    return {
      kind: 'variable',
      name: inner[1] as string,
      quoted,
      at: spot,
      raw: sliceOf(source, at, to),
      ...orElse,
      to,
    };
  }
  const simple = /^\$([A-Za-z_][A-Za-z0-9_]*)/.exec(rest);
  if (simple) {
    const to = at + simple[0].length;
    return {
      kind: 'variable',
      name: simple[1] as string,
      quoted,
      at: spanOf(source, at, to),
      raw: sliceOf(source, at, to),
      to,
    };
  }
  if (/^\$[@*]/.test(rest)) return { kind: 'arguments', raw: sliceOf(source, at, at + 2), to: at + 2 };
  if (/^\$[0-9#?$!-]/.test(rest)) return { kind: 'opaque', raw: sliceOf(source, at, at + 2), to: at + 2 };
  return { kind: 'text', text: sliceOf(source, at, at + 1), to: at + 1 };
}

function closing(text: string, at: number, open: string, close: string): number | undefined {
  let depth = 0;
  for (let i = at; i < text.length; i += 1) {
    if (text[i] === '\\') i += 1;
    else if (open === '(' && (text[i] === "'" || text[i] === '"')) {
      const end = text.indexOf(text[i] as string, i + 1);
      if (end < 0) return undefined;
      i = end;
    } else if (text[i] === open) depth += 1;
    else if (text[i] === close) {
      depth -= 1;
      if (depth === 0) return i + 1;
    }
  }
  return undefined;
}
