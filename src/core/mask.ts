import { encodedForms } from './secret-forms.js';
import { looksSecret } from './secret-names.js';

/** What stands where a secret stood. */
export const MASK = '[secret]';

/** UTF-16 units. A shorter value would mask half of every text, so it stays readable. */
export const SHORTEST_SECRET = 4;
/** Lines of a secret of several lines are secrets too from this length on. */
const SHORTEST_LINE = 8;
/** A longer remainder of a secret is not looked for where a text breaks off. */
const LONGEST_REST = 512;

/** A set of secrets, and the masking of texts that may hold them. */
export class Mask {
  readonly #secrets = new Set<string>();
  readonly #forms = new Set<string>();
  /** The forms by the hash of their first four units, the longest first. */
  readonly #byStart = new Map<number, string[]>();
  /** Whether any form starts with a hash: most places in a text are passed by with one look. */
  readonly #starts = new Uint8Array(HASHES);

  /** From here on this value is masked: as it is, each of its long lines, and in the forms that encoders make of it. */
  add(value: string): void {
    if (value.length < SHORTEST_SECRET || this.#secrets.has(value) || value === MASK) return;
    this.#secrets.add(value);
    for (const form of encodedForms(value)) this.#addForm(form);
    if (!value.trim().includes('\n')) return;
    this.add(value.trim());
    for (const line of value.split('\n').map((text) => text.trim())) {
      if (line.length >= SHORTEST_LINE && !PEM_BORDER.test(line)) this.add(line);
    }
  }

  /** A text with every secret taken out, also the first half of one where the text breaks off. */
  of(text: string): string {
    if (this.#forms.size === 0) return text;
    const pieces: string[] = [];
    let kept = 0;
    for (const { start, end } of this.#found(text)) {
      pieces.push(text.slice(kept, start), MASK);
      kept = end;
    }
    return kept === 0 ? text : pieces.join('') + text.slice(kept);
  }

  #addForm(form: string): void {
    if (form.length < SHORTEST_SECRET || this.#forms.has(form)) return;
    this.#forms.add(form);
    const start = hashAt(form, 0);
    const same = this.#byStart.get(start) ?? [];
    same.push(form);
    same.sort((a, b) => b.length - a.length);
    this.#byStart.set(start, same);
    this.#starts[start] = 1;
  }

  /** Stretches that hold secrets, those that overlap as one. */
  *#found(text: string): Generator<{ start: number; end: number }> {
    let open: { start: number; end: number } | undefined;
    const last = text.length - SHORTEST_SECRET;
    for (let at = 0; at <= last; at++) {
      const isMask = text.charCodeAt(at) === BRACKET && text.startsWith(MASK, at);
      if (isMask && (open === undefined || at >= open.end)) at += MASK.length - 1;
      if (isMask || this.#starts[hashAt(text, at)] !== 1) continue;
      const end = at + this.#lengthAt(text, at);
      if (end === at) continue;
      if (open !== undefined && at < open.end) {
        open.end = Math.max(open.end, end);
        continue;
      }
      if (open !== undefined) yield open;
      open = { start: at, end };
    }
    if (open !== undefined) yield open;
  }

  /** How long the longest form is that stands here, or that a break of the text cuts off here; 0 for none. */
  #lengthAt(text: string, at: number): number {
    const candidates = this.#byStart.get(hashAt(text, at)) ?? [];
    for (const form of candidates) if (text.startsWith(form, at)) return form.length;
    const rest = restOf(text, at);
    if (rest === undefined) return 0;
    const cut = candidates.some((form) => rest.length * 2 >= form.length && form.startsWith(rest));
    return cut ? rest.length : 0;
  }
}

const BRACKET = '['.charCodeAt(0);
const HASHES = 1 << 16;
const PEM_BORDER = /^-----(?:BEGIN|END) [A-Z0-9 ]+-----$/;

function hashAt(text: string, at: number): number {
  return (
    (text.charCodeAt(at) * 0x9e37 +
      text.charCodeAt(at + 1) * 0x85eb +
      text.charCodeAt(at + 2) * 0xc2b3 +
      text.charCodeAt(at + 3) * 0x27d5) &
    (HASHES - 1)
  );
}

/** What stands between here and the place where the text breaks off: its end, or an ellipsis. */
function restOf(text: string, at: number): string | undefined {
  const reach = text.slice(at, at + LONGEST_REST + 1);
  const ellipsis = reach.indexOf('…');
  const rest = ellipsis < 0 ? reach : reach.slice(0, ellipsis);
  return rest.length < SHORTEST_SECRET || rest.length > LONGEST_REST ? undefined : rest;
}

/** Process-wide: a secret is one for all. */
const secrets = new Mask();

/** From here on this value is masked wherever the program writes, in its encoded forms too. */
export function neverShow(value: string): void {
  secrets.add(value);
}

/** A text with every value that must not be seen taken out. Call it before a text is cut or broken into lines. */
export function masked(text: string): string {
  return secrets.of(text);
}

/**
 * The same for all texts in a value, however deep: of lists, maps and plain objects, whose keys are texts as well.
 * What stands under a name such as `ansible_password` is taken out whatever it is. Other objects pass as they are.
 */
export function maskedDeep<T>(value: T): T {
  return deeply(value) as T;
}

function deeply(value: unknown): unknown {
  if (typeof value === 'string') return masked(value);
  if (typeof value === 'number' || typeof value === 'bigint')
    return masked(String(value)).includes(MASK) ? MASK : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(deeply);
  if (value instanceof Set) return new Set([...value].map(deeply));
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [deeply(key), named(key, item)]));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [masked(key), named(key, item)]));
}

function named(name: unknown, value: unknown): unknown {
  if (value === '' || (typeof value !== 'string' && typeof value !== 'number')) return deeply(value);
  if (typeof name !== 'string' || !looksSecret(name)) return deeply(value);
  neverShow(String(value));
  return MASK;
}
