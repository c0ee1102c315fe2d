import { STRING_ESCAPES } from '../core/python-escapes.js';
import { syntaxError } from './syntax-error.js';
import { pyFloat } from './values.js';

/**
 * A string literal.
 * @param literalBackslashes keep backslashes; only a quote after one loses it
 * @returns its value and the offset after its closing quote
 */
export function readString(text: string, at: number, literalBackslashes: boolean): { value: string; end: number } {
  const quote = text[at] as string;
  let end = at + 1;
  while (end < text.length && text[end] !== quote) end += text[end] === '\\' ? 2 : 1;
  if (end >= text.length) throw syntaxError(text, at, 'the string is never closed');
  const body = text.slice(at + 1, end);
  if (literalBackslashes) return { value: body.replaceAll(`\\${quote}`, quote), end: end + 1 };
  return { value: unescapePython(body, text, at), end: end + 1 };
}

const ESCAPE =
  /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|([ntrabfv\\'"\n])|([xuUN])|([\s\S]))/g;

/** Python's escapes; an unknown one stays as it is, a torn one is an error. */
function unescapePython(body: string, text: string, at: number): string {
  return body.replace(ESCAPE, (whole, x, u, wide, octal, simple, torn) => {
    const hex: string | undefined = x ?? u ?? wide;
    if (torn !== undefined) throw syntaxError(text, at, `the escape \\${torn} in the string is not complete`);
    if (simple !== undefined) return STRING_ESCAPES[simple] as string;
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    if (hex === undefined) return whole;
    const code = Number.parseInt(hex, 16);
    if (code > 0x10ffff) throw syntaxError(text, at, `the escape ${whole} in the string is no character`);
    return String.fromCodePoint(code);
  });
}

const FLOAT = /(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?[eE][+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/y;
const INTEGER = /0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\da-fA-F])+|[1-9](?:_?\d)*|0(?:_?0)*/y;

/**
 * A number literal.
 * @param afterDot it follows a dot (`list.0`), where no float can be
 */
export function readNumber(text: string, at: number, afterDot: boolean): { value: unknown; end: number } {
  FLOAT.lastIndex = at;
  const float = afterDot ? undefined : FLOAT.exec(text)?.[0];
  if (float !== undefined) return { value: pyFloat(Number(float.replaceAll('_', ''))), end: at + float.length };
  INTEGER.lastIndex = at;
  const integer = INTEGER.exec(text)?.[0] as string;
  const value = Number(integer.replaceAll('_', ''));
  if (!Number.isSafeInteger(value)) throw syntaxError(text, at, `the number ${integer} is too large`);
  return { value, end: at + integer.length };
}
