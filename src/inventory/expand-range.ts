/** How many hosts one name may stand for. */
export const MAX_EXPANDED = 100_000;

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/**
 * The names that `web[01:10]`, `db[a:c]`, `n[0:10:2]` or several of these in one name stand for, in order, the last
 * range running fastest. A name without `[` stands for itself.
 *
 * @throws RangeError with a sentence that names the fault: a bound missing or of another kind, widths that differ after
 *   a leading zero, letters that run backwards, a step of zero, over 100 000 names
 * @see ansible-core 2.14 `plugins/inventory/__init__.py`, `expand_hostname_range`
 */
export function expandRange(name: string): string[] {
  const parts = name.split(/[[\]]/);
  const sizes = brackets(name);
  let names = [parts[0] as string];
  for (let i = 1; i < sizes.length + 1; i++) {
    const values = rangeValues(parts[2 * i - 1] as string);
    if (names.length * values.length > MAX_EXPANDED) {
      throw new RangeError(`${name} stands for more than ${MAX_EXPANDED} hosts`);
    }
    const tail = parts[2 * i] as string;
    names = names.flatMap((head) => values.map((value) => head + value + tail));
  }
  return names;
}

/** The brackets' pairs. @throws RangeError where they do not pair up */
function brackets(name: string): string[] {
  const pairs = name.match(/\[[^[\]]*\]/g) ?? [];
  if (/[[\]]/.test(name.replace(/\[[^[\]]*\]/g, ''))) throw new RangeError(`the brackets of ${name} do not pair up`);
  return pairs;
}

function rangeValues(text: string): string[] {
  const [first = '', last = '', step = '1', ...more] = text.split(':');
  if (!text.includes(':') || more.length > 0) throw new RangeError(`[${text}] is not [begin:end] or [begin:end:step]`);
  if (last === '') throw new RangeError(`[${text}] has no end`);
  if (!/^0*[1-9][0-9]*$/.test(step)) throw new RangeError(`[${text}] needs a step of at least 1`);
  const begin = first === '' ? '0' : first;
  if (/^[0-9]{1,15}$/.test(begin) && /^[0-9]{1,15}$/.test(last)) return numbers(text, begin, last, Number(step));
  if (/^[a-zA-Z]$/.test(begin) && /^[a-zA-Z]$/.test(last)) return letters(text, begin, last, Number(step));
  throw new RangeError(`[${text}] needs two numbers or two single letters`);
}

function numbers(text: string, begin: string, end: string, step: number): string[] {
  const padded = begin.startsWith('0') && begin.length > 1;
  if (padded && begin.length !== end.length) {
    throw new RangeError(`the ends of [${text}] differ in width; write both with ${begin.length} digits`);
  }
  const amount = Math.floor((Number(end) - Number(begin)) / step) + 1;
  if (amount > MAX_EXPANDED) throw new RangeError(`[${text}] stands for more than ${MAX_EXPANDED} hosts`);
  return Array.from({ length: Math.max(0, amount) }, (_, i) => {
    const value = String(Number(begin) + i * step);
    return padded ? value.padStart(begin.length, '0') : value;
  });
}

function letters(text: string, begin: string, end: string, step: number): string[] {
  const from = LETTERS.indexOf(begin);
  const to = LETTERS.indexOf(end);
  if (from > to) throw new RangeError(`[${text}] runs backwards`);
  return [...LETTERS.slice(from, to + 1)].filter((_, index) => index % step === 0);
}
