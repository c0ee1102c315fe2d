/** What a value is to be, as `type` and `elements` of an argument's specification name it. */
export type Conversion = (value: unknown) => unknown;

/** A value that is not of the type, and cannot be made so. */
export class WrongType extends Error {}

/** Types of arguments by name, as Ansible converts them. */
export const CONVERSIONS: ReadonlyMap<string, Conversion> = new Map<string, Conversion>([
  ['str', asText],
  ['path', asText],
  ['raw', (value) => value],
  ['bool', asBool],
  ['int', asInt],
  ['float', asFloat],
  ['list', asList],
  ['dict', asDict],
  ['json', asJson],
  ['jsonarg', asJson],
  ['bytes', (value) => asSize(value, 'B')],
  ['bits', (value) => asSize(value, 'b')],
]);

/** The type of a value as Python shows it: `<class 'int'>`. */
export function typeName(value: unknown): string {
  return `<class '${pythonType(value)}'>`;
}

function pythonType(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'number':
      return Number.isInteger(value) ? 'int' : 'float';
    case 'bigint':
      return 'int';
    case 'object':
      return 'dict';
    default:
      return 'str';
  }
}

/** A value as text: Python's `str`. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : asWritten(value);
}

/** Python's `repr`; quotes are escaped where JSON would. */
function asWritten(value: unknown): string {
  if (typeof value === 'string')
    return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map(asWritten).join(', ')}]`;
  if (typeof value !== 'object') return String(value);
  return `{${Object.entries(value)
    .map(([key, item]) => `${asWritten(key)}: ${asWritten(item)}`)
    .join(', ')}}`;
}

const YES: ReadonlySet<unknown> = new Set(['y', 'yes', 'on', '1', 'true', 't', 1, true]);
const NO: ReadonlySet<unknown> = new Set(['n', 'no', 'off', '0', 'false', 'f', 0, false]);

function asBool(value: unknown): boolean {
  if (typeof value === 'object' || value === undefined) throw cannot(value, 'a bool');
  const word = typeof value === 'string' ? value.toLowerCase().trim() : value;
  if (YES.has(word)) return true;
  if (NO.has(word)) return false;
  throw new WrongType(`The value '${asText(value)}' is not a valid boolean.`);
}

function asInt(value: unknown): unknown {
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isInteger(value))) return value;
  if (typeof value === 'string' && /^\s*[-+]?\d+(?:_\d+)*\s*$/.test(value)) return Number(value.replaceAll('_', ''));
  throw cannot(value, 'an int');
}

function asFloat(value: unknown): number {
  if (typeof value === 'number' || typeof value === 'boolean') return Number(value);
  if (typeof value === 'string') {
    const word = value.trim().replace(/(?<=\d)_(?=\d)/g, '');
    if (/^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(word)) return Number(word);
    if (/^[-+]?inf(?:inity)?$/i.test(word)) return word.startsWith('-') ? -Infinity : Infinity;
    if (/^[-+]?nan$/i.test(word)) return Number.NaN;
  }
  throw cannot(value, 'a float');
}

function asList(value: unknown): unknown {
  if (Array.isArray(value)) return value;
  if (typeof value === 'string') return value.split(',');
  if (typeof value === 'number' || typeof value === 'boolean') return [asText(value)];
  throw cannot(value, 'a list');
}

function asDict(value: unknown): unknown {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  if (typeof value !== 'string') throw cannot(value, 'a dict');
  if (value.startsWith('{')) return parsedDict(value);
  if (!value.includes('=')) throw new WrongType('dictionary requested, could not parse JSON or key=value');
  const pairs = fieldsOf(value.trim()).map((field) => [field, field.indexOf('=')] as const);
  const wrong = pairs.findIndex(([, at]) => at < 0);
  if (wrong >= 0) {
    throw new WrongType(`dictionary update sequence element #${wrong} has length 1; 2 is required`);
  }
  return Object.fromEntries(pairs.map(([field, at]) => [field.slice(0, at), field.slice(at + 1)]));
}

function parsedDict(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new WrongType('unable to evaluate string as dictionary');
  }
}

/** `a=1, b="x y"` by blanks and commas outside of quotes. */
function fieldsOf(text: string): string[] {
  const fields: string[] = [];
  let field = '';
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (char === '\\') field += text[++at] ?? '';
    else if (quote !== '' && char === quote) quote = '';
    else if (quote === '' && (char === "'" || char === '"')) quote = char;
    else if (quote === '' && (char === ',' || char === ' ')) {
      if (field !== '') fields.push(field);
      field = '';
    } else field += char;
  }
  return field === '' ? fields : [...fields, field];
}

function asJson(value: unknown): string {
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'object' && value !== null) return spacedJson(value);
  throw cannot(value, 'a json string');
}

/** JSON with a blank after each comma and colon. */
function spacedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spacedJson).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  return `{${Object.entries(value)
    .map(([key, item]) => `${JSON.stringify(key)}: ${spacedJson(item)}`)
    .join(', ')}}`;
}

const SIZES = 'BKMGTPEZY';

/** `10M`, `1.5 KB`: how many bytes, or bits where the unit says so. */
function asSize(value: unknown, unit: 'B' | 'b'): number {
  const what = unit === 'B' ? 'a Byte value' : 'a Bit value';
  const found = /^\s*(\d+\.?\d*|\.\d+)\s*([A-Za-z]+)?/.exec(asText(value));
  const [, digits, suffix] = found ?? [];
  if (digits === undefined) throw cannot(value, what);
  if (suffix === undefined) return Math.round(Number(digits));
  const power = SIZES.indexOf((suffix[0] as string).toUpperCase());
  const isNamed = suffix.toLowerCase().includes(unit === 'B' ? 'byte' : 'bit');
  if (power < 0 || (suffix.length > 1 && !isNamed && suffix[1] !== unit)) throw cannot(value, what);
  return Math.round(Number(digits) * 1024 ** power);
}

function cannot(value: unknown, what: string): WrongType {
  return new WrongType(`${typeName(value)} cannot be converted to ${what}`);
}
