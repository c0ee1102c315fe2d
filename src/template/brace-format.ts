import { defined, failed } from './failure.js';
import { allowText } from './limits.js';
import { magnitude } from './percent-format.js';
import { repr, str } from './python-text.js';
import type { Runtime } from './runtime.js';
import { isFloat, isNumber, numeric } from './values.js';

const FIELD = /\{\{|\}\}|\{([^{}!:]*)(?:!([rsa]))?(?::([^{}]*))?\}|[{}]/g;
const SPEC = /^(?:([\s\S])?([<>=^]))?([-+ ]?)(#?)(0?)(\d*)([,_]?)(?:\.(\d+))?([a-zA-Z%]?)$/u;

/**
 * Python's `str.format`. Fields reach only what a template can reach: own keys, items and known methods.
 * @throws FixError `template/failed`
 */
export function braceFormat(
  format: string,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
  runtime: Runtime,
): string {
  let automatic = 0;
  let length = 0;
  const made = format.replace(FIELD, (whole, field: string | undefined, conversion, spec: string | undefined) => {
    if (whole === '{{' || whole === '}}') return whole[0] as string;
    if (field === undefined) throw failed('a single brace in the format');
    const [, head = '', path = ''] = /^([^.[]*)(.*)$/s.exec(field) ?? [];
    const key = head === '' ? automatic++ : /^\d+$/.test(head) ? Number(head) : head;
    let value: unknown = typeof key === 'number' ? args[key] : Object.hasOwn(kwargs, key) ? kwargs[key] : undefined;
    if (value === undefined) throw failed(`the format's field '${head}' is not among the values`);
    for (const [, name, index] of path.matchAll(/\.([^.[]+)|\[([^\]]+)\]/g)) {
      value = runtime.attribute(value, name ?? (/^\d+$/.test(index as string) ? Number(index) : index));
    }
    const present: unknown = defined(value);
    const shown =
      conversion === 'r' || conversion === 'a' ? repr(present) : conversion === 's' ? str(present) : present;
    const text = formatted(shown, spec ?? '');
    length += text.length;
    allowText(length);
    return text;
  });
  return made;
}

/** A value by Python's format specification: `>10`, `08.3f`, `x`. */
function formatted(value: unknown, spec: string): string {
  const parts = SPEC.exec(spec);
  if (parts === null) throw failed(`'${spec}' is no format specification`);
  const [, fill, align, sign = '', alternative = '', zero = '', width = '', grouping = '', precision, type = ''] =
    parts;
  const size = Number(width);
  if (size > 100_000) throw failed('the width of the format is out of range');
  const number = isNumber(value) || (typeof value === 'boolean' && type !== '');
  const text = number
    ? numberText(value, { sign, alternative, grouping, precision, type })
    : textOf(value, type, precision);
  const how = align ?? (zero === '0' && number ? '=' : number ? '>' : '<');
  return aligned(text, size, fill ?? (zero === '0' ? '0' : ' '), how);
}

function textOf(value: unknown, type: string, precision: string | undefined): string {
  if (type !== '' && type !== 's') throw failed(`the format '${type}' needs a number`);
  const text = str(value);
  return precision === undefined ? text : Array.from(text).slice(0, Number(precision)).join('');
}

function numberText(
  value: unknown,
  spec: { sign: string; alternative: string; grouping: string; precision: string | undefined; type: string },
): string {
  const number = numeric(value) as number;
  const { precision, type } = spec;
  const sign = number < 0 ? '-' : spec.sign === '-' ? '' : spec.sign;
  const size = precision === undefined ? undefined : Number(precision);
  let digits: string;
  if (type === '' && precision === undefined) digits = str(value).replace(/^-/, '');
  else if (type === '%') digits = `${magnitude(Math.abs(number) * 100, 'f', size, '', true)}%`;
  else if (type === 'b') digits = (spec.alternative === '#' ? '0b' : '') + Math.abs(number).toString(2);
  else digits = magnitude(Math.abs(number), type === '' ? 'g' : type, size, spec.alternative, isFloat(value));
  if (spec.grouping !== '')
    digits = digits.replace(/^\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, spec.grouping));
  return sign + digits;
}

function aligned(text: string, width: number, fill: string, how: string): string {
  const missing = Math.max(0, width - Array.from(text).length);
  if (how === '<') return text + fill.repeat(missing);
  if (how === '^') return fill.repeat(Math.floor(missing / 2)) + text + fill.repeat(Math.ceil(missing / 2));
  if (how === '>') return fill.repeat(missing) + text;
  const sign = /^[-+ ]?(?:0[xXob])?/.exec(text)?.[0] ?? '';
  return sign + fill.repeat(missing) + text.slice(sign.length);
}
