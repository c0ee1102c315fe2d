/**
 * Whether a name fits a pattern of OpenSSH: `*` for any text and `?` for one character, without the cost that a
 * regular expression of many stars can have.
 * @param brackets with `classes`, `[a-z]` and `[!a-z]` stand for one character, as in file names
 */
export function matchesPattern(pattern: string, name: string, brackets: 'plain' | 'classes' = 'plain'): boolean {
  let [p, n, star, resume] = [0, 0, -1, 0];
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = n;
      continue;
    }
    const next = p < pattern.length ? oneChar(pattern, p, name[n] as string, brackets) : -1;
    if (next >= 0) {
      p = next;
      n += 1;
    } else if (star >= 0) {
      p = star + 1;
      n = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}

/** Whether a name fits one of a list of patterns, and none of those after a `!`. */
export function matchesPatterns(patterns: readonly string[], name: string): boolean {
  let matched = false;
  for (const pattern of patterns) {
    const negated = pattern.startsWith('!');
    if (!matchesPattern(negated ? pattern.slice(1) : pattern, name)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

/** Where the pattern goes on after this character; -1 where it does not fit. */
function oneChar(pattern: string, at: number, char: string, brackets: 'plain' | 'classes'): number {
  const end = brackets === 'classes' && pattern[at] === '[' ? pattern.indexOf(']', at + 2) : -1;
  if (end > 0) return inClass(pattern.slice(at + 1, end), char) ? end + 1 : -1;
  return pattern[at] === '?' || pattern[at] === char ? at + 1 : -1;
}

function inClass(inside: string, char: string): boolean {
  const negated = /^[!^]/.test(inside);
  const items = inside.slice(negated ? 1 : 0).matchAll(/(.)-(.)|(.)/gs);
  let found = false;
  for (const [, from, to, single] of items) {
    found ||= single === undefined ? char >= (from as string) && char <= (to as string) : char === single;
  }
  return found !== negated;
}
