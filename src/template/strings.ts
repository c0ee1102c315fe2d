/** Python's way with text, shared by filters and methods. */

/** Python's `splitlines` without line ends. */
export function splitLines(text: string): string[] {
  const lines = text.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Python's `strip`, `lstrip`, `rstrip`: blanks, or any of these characters. */
export function stripped(text: string, characters: string | undefined, sides: 'both' | 'left' | 'right'): string {
  if (characters === undefined) {
    if (sides === 'left') return text.trimStart();
    return sides === 'right' ? text.trimEnd() : text.trim();
  }
  const units = Array.from(text);
  const set = new Set(Array.from(characters));
  let [start, end] = [0, units.length];
  if (sides !== 'right') while (start < end && set.has(units[start] as string)) start++;
  if (sides !== 'left') while (end > start && set.has(units[end - 1] as string)) end--;
  return units.slice(start, end).join('');
}

/**
 * Python's `split` and `rsplit`.
 * @param separator `undefined` for runs of blanks
 * @param limit the most cuts; -1 for all
 */
export function splitText(text: string, separator: string | undefined, limit = -1, fromRight = false): string[] {
  const parts = separator === undefined ? text.trim().split(/\s+/) : text.split(separator);
  if (separator === undefined && parts[0] === '') return [];
  if (limit < 0 || parts.length <= limit + 1) return parts;
  if (separator !== undefined) {
    if (fromRight) return [parts.slice(0, parts.length - limit).join(separator), ...parts.slice(parts.length - limit)];
    return [...parts.slice(0, limit), parts.slice(limit).join(separator)];
  }
  return splitBlanks(text, limit, fromRight);
}

/** The rest after the last cut keeps its blanks inside. */
function splitBlanks(text: string, limit: number, fromRight: boolean): string[] {
  const parts: string[] = [];
  let rest = text.trim();
  for (let cut = 0; cut < limit; cut++) {
    const found = fromRight ? /^([\s\S]*\S)\s+(\S+)$/.exec(rest) : /^(\S+)\s+([\s\S]*)$/.exec(rest);
    if (found === null) break;
    const [piece, left] = fromRight ? [found[2], found[1]] : [found[1], found[2]];
    parts.push(piece as string);
    rest = left as string;
  }
  return fromRight ? [rest, ...parts.reverse()] : [...parts, rest];
}

/** Upper case for the first character, lower for the rest. */
export function capitalized(text: string): string {
  const [first = '', ...rest] = Array.from(text);
  return first.toUpperCase() + rest.join('').toLowerCase();
}

/** Python's `str.title`: every run of letters starts with a capital. */
export function titled(text: string): string {
  return text.replace(/\p{L}+/gu, capitalized);
}

/** `count` replacements from the left; all where it is negative or not given. */
export function replaced(text: string, from: string, to: string, count = -1): string {
  if (count < 0) return text.replaceAll(from, () => to);
  if (from === '') {
    const parts = Array.from(text);
    return parts.map((part, index) => (index < count ? to + part : part)).join('') + (count > parts.length ? to : '');
  }
  const parts = text.split(from);
  const head = parts.slice(0, count + 1);
  const tail = parts.slice(count + 1);
  return tail.length === 0 ? head.join(to) : head.join(to) + from + tail.join(from);
}
