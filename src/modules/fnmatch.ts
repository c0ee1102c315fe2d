/** A shell pattern as Python's `fnmatch` reads it, as a regular expression for the whole of a name. */
export function fnmatchRegExp(pattern: string): RegExp {
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] as string;
    if (char === '*') source += source.endsWith('[\\s\\S]*') ? '' : '[\\s\\S]*';
    else if (char === '?') source += '[\\s\\S]';
    else if (char === '[') {
      const end = endOfSet(pattern, at);
      source += end < 0 ? '\\[' : setOf(pattern.slice(at + 1, end));
      if (end >= 0) at = end;
    } else source += char.replace(/[\\^$.|+()[\]{}/-]/, '\\$&');
  }
  return new RegExp(`^(?:${source})$`);
}

/** A bracket that stands first is one of the characters; -1 where the set is not closed. */
function endOfSet(pattern: string, start: number): number {
  let at = start + 1;
  if (pattern[at] === '!') at++;
  if (pattern[at] === ']') at++;
  return pattern.indexOf(']', at);
}

function setOf(inside: string): string {
  const isNegated = inside.startsWith('!');
  const chars = (isNegated ? inside.slice(1) : inside).replace(/[\\\][^]/g, '\\$&');
  // A range that runs backwards has nothing in it.
  const ranges = chars.replace(/(\\?.)-(\\?.)/gs, (range, from: string, to: string) =>
    (from.at(-1) as string) > (to.at(-1) as string) ? '' : range,
  );
  if (ranges === '') return isNegated ? '[\\s\\S]' : '(?!)';
  return `[${isNegated ? '^' : ''}${ranges}]`;
}
