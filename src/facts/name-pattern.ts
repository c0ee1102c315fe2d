/** Whether a name matches a shell pattern, `*`, `?` and `[...]` as in Python's fnmatch; upper and lower case differ. */
export function matchesPattern(name: string, pattern: string): boolean {
  return patternOf(pattern).test(name);
}

function patternOf(pattern: string): RegExp {
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] as string;
    if (char === '*') source += source.endsWith('.*') ? '' : '.*';
    else if (char === '?') source += '.';
    else if (char === '[') {
      const [, not, inside] = /^\[(!?)(\]?[^\]]*)\]/.exec(pattern.slice(at)) ?? [];
      if (inside === undefined) source += '\\[';
      else {
        source += setOf(not !== '', inside);
        at += (not ?? '').length + inside.length + 1;
      }
    } else source += char.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  }
  return new RegExp(`^${source}$`, 's');
}

/** A range that goes backwards matches nothing. */
function setOf(not: boolean, inside: string): string {
  const ranges = inside.match(/[\s\S]-[\s\S]|[\s\S]/g) ?? [];
  const kept = ranges.filter((range) => range.length < 3 || range.charAt(0) <= range.charAt(2));
  const literal = (char: string) => char.replace(/[\\\]^[-]/g, '\\$&');
  const body = kept.map((range) =>
    range.length < 3 ? literal(range) : `${literal(range.charAt(0))}-${literal(range.charAt(2))}`,
  );
  if (body.length === 0) return not ? '.' : '[]';
  return `[${not ? '^' : ''}${body.join('')}]`;
}
