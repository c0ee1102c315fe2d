import { messageOf } from '../core/error.js';
import { dictEntries, makeDict } from './dict.js';
import { failed, undefinedUse } from './failure.js';
import { PartCount } from './limits.js';
import { compare } from './python-compare.js';
import { reprFloat, str } from './python-text.js';
import { DateTime, isDict, isFloat, isInteger, isList, PyFloat, Undefined } from './values.js';

export interface JsonOptions {
  /** Blanks for each level, or the text for one; on one line without it. */
  readonly indent?: unknown;
  readonly sortKeys?: boolean;
  /** Other characters than ASCII as an escape, backslash-u and four hexadecimal digits. Default: true, as Python. */
  readonly ascii?: boolean;
  /** Between items, and after a key. */
  readonly separators?: readonly [string, string] | undefined;
}

const MAX_DEPTH = 200;

/** A value as Python's `json.dumps` writes it. @throws FixError `template/undefined`, `template/failed` */
export function toJson(value: unknown, options: JsonOptions = {}): string {
  const step = indentStep(options.indent);
  const [between, colon] = options.separators ?? [step === undefined ? ', ' : ',', ': '];
  return new JsonWriter({
    step,
    between,
    colon,
    sortKeys: options.sortKeys ?? false,
    ascii: options.ascii ?? true,
  }).text(value, 0);
}

/** JSON text as a value, its objects as dicts in their order. @throws FixError `template/failed` */
export function fromJson(text: string): unknown {
  try {
    return adopted(JSON.parse(text), 0);
  } catch (thrown) {
    // What Node quotes of the text may be a piece of a secret, too short to be known as one.
    throw failed(`the text is no JSON: ${messageOf(thrown).replace(/, "?(?:\.\.\.)?".*$/s, '')}`);
  }
}

function adopted(value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new RangeError('it is nested too deeply');
  if (Array.isArray(value)) return value.map((item) => adopted(item, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  return makeDict(Object.entries(value).map(([key, item]) => [key, adopted(item, depth + 1)]));
}

function indentStep(indent: unknown): string | undefined {
  if (indent === undefined || indent === null) return undefined;
  if (typeof indent === 'string') return indent;
  if (isInteger(indent) && indent <= 100) return ' '.repeat(Math.max(0, indent));
  throw failed('indent has to be a number of blanks');
}

interface Style {
  readonly step: string | undefined;
  readonly between: string;
  readonly colon: string;
  readonly sortKeys: boolean;
  readonly ascii: boolean;
}

class JsonWriter {
  readonly #parts = new PartCount();

  constructor(readonly style: Style) {}

  text(value: unknown, depth: number): string {
    if (depth > MAX_DEPTH) throw failed('the value is nested too deeply for JSON');
    this.#parts.next();
    if (value === null || value === undefined) return 'null';
    if (typeof value === 'boolean') return String(value);
    if (typeof value === 'string') return this.#string(value);
    if (isFloat(value)) return jsonFloat(value instanceof PyFloat ? value.value : value);
    if (typeof value === 'number') return str(value);
    if (value instanceof Undefined) throw undefinedUse(value);
    if (isList(value))
      return this.#members(
        '[',
        ']',
        value.map((item) => this.text(item, depth + 1)),
        depth,
      );
    if (!isDict(value)) return this.#string(value instanceof DateTime ? str(value).replace(' ', 'T') : str(value));
    const entries = dictEntries(value).map(([key, item]): [string, unknown] => [this.#key(key), item]);
    if (this.style.sortKeys) entries.sort(([a], [b]) => compare(a, b));
    const members = entries.map(([key, item]) => this.#string(key) + this.style.colon + this.text(item, depth + 1));
    return this.#members('{', '}', members, depth);
  }

  #key(key: unknown): string {
    return typeof key === 'string' ? key : this.text(key, 0);
  }

  #members(open: string, close: string, members: readonly string[], depth: number): string {
    const { step, between } = this.style;
    if (members.length === 0) return open + close;
    if (step === undefined) return open + members.join(between) + close;
    const inner = `\n${step.repeat(depth + 1)}`;
    return `${open}${inner}${members.join(between.trimEnd() + inner)}\n${step.repeat(depth)}${close}`;
  }

  #string(text: string): string {
    const quoted = JSON.stringify(text);
    if (!this.style.ascii) return quoted;
    return quoted.replace(/[\u007f-\uffff]/g, (char) =>
      char === '\u007f' ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  }
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? reprFloat(value) : value > 0 ? 'Infinity' : '-Infinity';
}
