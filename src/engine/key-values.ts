import { type ErrorCode, FixError } from '../core/error.js';

/** How an error of such text is told. */
export interface KeyValuesPlace {
  /** What the text belongs to: a module, an option. */
  readonly what?: string;
  readonly code?: ErrorCode;
  readonly at?: string | undefined;
}

/** Quotes and blanks inside a template's braces belong to the template. */
const WORD = /(?:\{\{.*?\}\}|\{%.*?%\}|[^\s"']|"(?:\\.|[^"\\])*"|'[^']*')+/gs;

/**
 * `name=value other="two words"` as a mapping; values stay text.
 * @throws FixError `playbook/invalid`, or the code of the place, on a word without `=` and a quote that is not closed
 */
export function splitKeyValues(text: string, place: KeyValuesPlace = {}): Record<string, string> {
  if (text.replace(WORD, '').trim() !== '') {
    throw refusal(
      `a quote in ${JSON.stringify(text)} is not closed`,
      'Close it, or put it inside quotes of the other kind.',
      place,
    );
  }
  // Not by assignment, which `__proto__` would not survive.
  return Object.fromEntries((text.match(WORD) ?? []).map((word) => keyAndValue(word, place)));
}

function keyAndValue(word: string, place: KeyValuesPlace): [string, string] {
  const at = word.indexOf('=');
  if (at > 0) return [word.slice(0, at), unquoted(word.slice(at + 1))];
  const hint = 'Write name=value, with quotes round a value that has spaces.';
  throw refusal(`${JSON.stringify(word)} is not of the form name=value`, hint, place);
}

function refusal(
  message: string,
  hint: string,
  { what = 'this', code = 'playbook/invalid', at }: KeyValuesPlace,
): FixError {
  return new FixError(code, `${what}: ${message}`, { hint, at });
}

function unquoted(value: string): string {
  return value.replace(
    /\{\{.*?\}\}|\{%.*?%\}|"((?:\\.|[^"\\])*)"|'([^']*)'/gs,
    (word, double: string | undefined, single: string | undefined) =>
      double === undefined ? (single ?? word) : double.replace(/\\(["\\])/g, '$1'),
  );
}
