import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';

/** Text that is no template, with the place where reading it ended. */
export function syntaxError(text: string, at: number, message: string, hint?: string): FixError {
  return new FixError('template/syntax', `${message}, ${placeIn(text, at)}`, {
    hint: hint ?? 'Correct the template; Jinja2 gives the syntax.',
  });
}

/** `at line 2, column 5 of "..."`; the line itself is quoted. */
export function placeIn(text: string, at: number): string {
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  const start = before.lastIndexOf('\n') + 1;
  const end = text.indexOf('\n', at);
  const shown = printableLine(text.slice(start, end < 0 ? undefined : end), 120);
  return `at line ${line}, column ${at - start + 1} of "${shown}"`;
}
