import { matchInTime } from '../core/match-deadline.js';
import { expandTemplate, pythonRegExp } from './python-regexp.js';

/** What `replace` is asked to do. */
export interface ReplaceEdit {
  readonly regexp: string;
  readonly replace: string;
  /** Patterns: only what stands between them is searched. Empty is the same as none. */
  readonly after?: string | undefined;
  readonly before?: string | undefined;
}

/** The text and how many places were replaced; `between` where that pattern is not in the text. */
export type Replaced = { readonly text: string; readonly places: number } | { readonly between: string };

/**
 * A text in which each match is replaced.
 *
 * @throws SyntaxError on a pattern or a replacement that cannot be read; SlowPattern on one that takes too long
 * @see ansible-core 2.14 `lib/ansible/modules/replace.py`
 */
export function withReplaced(text: string, { regexp, replace, after = '', before = '' }: ReplaceEdit): Replaced {
  const between = sectionPattern(after, before);
  const section = between === undefined ? ([0, text.length] as const) : sectionOf(text, between);
  if (!section) return { between: between ?? '' };
  const [start, end] = section;
  const regex = pythonRegExp(regexp, 'm');
  // A group that the pattern lacks is an error though nothing matches.
  expandTemplate(replace, new RegExp(`${regex.source}|`).exec('') as RegExpExecArray);
  const within = text.slice(start, end);
  let places = 0;
  const all = new RegExp(regex.source, `${regex.flags}g`);
  const made = matchInTime(all, within.length, () => {
    places = 0;
    return within.replace(all, (...found: unknown[]) => {
      places++;
      return expandTemplate(replace, matchOf(found));
    });
  });
  return { text: text.slice(0, start) + made + text.slice(end), places };
}

function sectionPattern(after: string, before: string): string | undefined {
  if (after !== '' && before !== '') return `${after}(?P<subsection>.*?)${before}`;
  if (after !== '') return `${after}(?P<subsection>.*)`;
  return before === '' ? undefined : `(?P<subsection>.*)${before}`;
}

function sectionOf(text: string, pattern: string): readonly [number, number] | undefined {
  const regex = pythonRegExp(pattern, 's');
  const withPlaces = new RegExp(regex.source, `${regex.flags}d`);
  return matchInTime(withPlaces, text.length, () => withPlaces.exec(text))?.indices?.groups?.subsection;
}

/** What a callback of `replace` is given, as a match. */
function matchOf(found: readonly unknown[]): RegExpMatchArray {
  const places = found.findIndex((part) => typeof part === 'number');
  const named = found.at(-1);
  const groups = typeof named === 'object' && named !== null ? (named as Record<string, string>) : undefined;
  return Object.assign(found.slice(0, places) as string[], { groups }) as unknown as RegExpMatchArray;
}
