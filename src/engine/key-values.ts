import { type ErrorCode, FixError } from '../core/error.js';

/**
 * `name=value other="two words"` as a mapping; values stay text.
 * @param what what the text belongs to, for the message
 * @throws FixError `code` on a word without `=`
 */
export function splitKeyValues(
  text: string,
  what = 'this',
  code: ErrorCode = 'playbook/invalid',
): Record<string, string> {
  const values: Record<string, string> = {};
  for (const word of text.match(/(?:[^\s"']|"(?:\\.|[^"\\])*"|'[^']*')+/g) ?? []) {
    const at = word.indexOf('=');
    if (at <= 0) {
      throw new FixError(code, `${what}: ${JSON.stringify(word)} is not of the form name=value`, {
        hint: 'Write name=value, with quotes round a value that has spaces.',
      });
    }
    values[word.slice(0, at)] = unquoted(word.slice(at + 1));
  }
  return values;
}

function unquoted(value: string): string {
  return value.replace(/"((?:\\.|[^"\\])*)"|'([^']*)'/g, (_, double: string | undefined, single: string | undefined) =>
    double === undefined ? (single ?? '') : double.replace(/\\(["\\])/g, '$1'),
  );
}
