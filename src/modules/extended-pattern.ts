/**
 * A POSIX extended pattern that is found in the same lines as a pattern of Python's `re` is.
 *
 * Where a match begins and ends may differ, and groups have no names: it only answers whether there is one.
 *
 * @returns undefined for what POSIX cannot say: looking ahead or back, flags, references, characters by number
 */
export function extendedPattern(pattern: string): string | undefined {
  let made = '';
  for (let at = 0; at < pattern.length; ) {
    const [taken, piece] = pieceOf(pattern.slice(at));
    if (piece === undefined) return undefined;
    made += piece;
    at += taken;
  }
  return made;
}

const CLASSES: Readonly<Record<string, string>> = {
  d: '[0-9]',
  D: '[^0-9]',
  w: '[[:alnum:]_]',
  W: '[^[:alnum:]_]',
  s: '[[:space:]]',
  S: '[^[:space:]]',
};

/** The same, inside of brackets. */
const MEMBERS: Readonly<Record<string, string>> = { d: '0-9', w: '[:alnum:]_', s: '[:space:]' };

function pieceOf(rest: string): [taken: number, made: string | undefined] {
  const group = /^\((?:\?:|\?P<\w+>)/.exec(rest);
  if (group) return [group[0].length, '('];
  if (rest.startsWith('(?')) return [0, undefined];
  if (rest.startsWith('[')) return bracket(rest);
  if (rest.startsWith('\\')) {
    const [, char = ''] = rest;
    if (/[A-Za-z0-9]/.test(char)) return [2, CLASSES[char]];
    // Elsewhere a mark with a backslash may mean something: `\\<` is the beginning of a word.
    return [2, /[.[\]()*+?{}|^$\\]/.test(char) ? `\\${char}` : char];
  }
  const repeat = /^([*+?]|\{\d*,?\d*\})([?+]?)/.exec(rest);
  // Whether few or many are taken first makes no difference to whether there is a match.
  if (repeat) return [repeat[0].length, repeat[2] === '+' ? undefined : repeat[1]];
  return [1, rest[0]];
}

function bracket(rest: string): [taken: number, made: string | undefined] {
  let at = rest[1] === '^' ? 2 : 1;
  let made = rest.slice(0, at);
  let isLast = '';
  for (let first = true; at < rest.length && (first || rest[at] !== ']'); first = false) {
    const char = rest[at] as string;
    if (char !== '\\') {
      made += char;
      at += 1;
      continue;
    }
    const escaped = rest[at + 1] ?? '';
    if (/[A-Za-z0-9]/.test(escaped) && !Object.hasOwn(MEMBERS, escaped)) return [0, undefined];
    if (escaped === ']' || escaped === '^' || escaped === '\\') return [0, undefined];
    if (escaped === '-') isLast = '-';
    else made += MEMBERS[escaped] ?? escaped;
    at += 2;
  }
  return at < rest.length ? [at + 1, `${made}${isLast}]`] : [0, undefined];
}
