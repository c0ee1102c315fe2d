/**
 * A pattern in the syntax of Python's `re` as a JavaScript one, for the constructs that playbooks use.
 *
 * The rest is the same in both, or JavaScript refuses it.
 *
 * Use it inside `matchInTime`: a pattern may take exponential time on a text made for it.
 *
 * @throws SyntaxError on a pattern that JavaScript cannot read, or that is longer than a person writes one
 */
export function pythonRegExp(pattern: string, flags = ''): RegExp {
  if (pattern.length > MAX_PATTERN) throw new SyntaxError(`the pattern has more than ${MAX_PATTERN} characters`);
  const { body, inline } = inlineFlags(pattern);
  const all = new Set([...flags, ...inline.replace(/[aLux]/g, '')]);
  const verbose = inline.includes('x');
  return new RegExp(
    translated(verbose ? withoutComments(body) : body, all),
    [...all].filter((f) => 'gi'.includes(f)).join(''),
  );
}

/** UTF-16 units. */
const MAX_PATTERN = 65_536;

/** `(?im)` at the start of a pattern. */
function inlineFlags(pattern: string): { body: string; inline: string } {
  const found = /^\(\?([aiLmsux]+)\)/.exec(pattern);
  return found ? { body: pattern.slice(found[0].length), inline: found[1] as string } : { body: pattern, inline: '' };
}

function translated(pattern: string, flags: ReadonlySet<string>): string {
  let out = '';
  for (let at = 0; at < pattern.length; ) {
    const rest = pattern.slice(at);
    const [taken, made] = outside(rest, flags);
    out += made;
    at += taken;
  }
  return out;
}

/** How much of the pattern's rest is one piece, and what it becomes. */
function outside(rest: string, flags: ReadonlySet<string>): [taken: number, made: string] {
  if (rest.startsWith('(?P<')) return [4, '(?<'];
  if (rest.startsWith('(?#')) return [(rest.indexOf(')') + 1 || rest.length) as number, ''];
  const back = /^\(\?P=(\w+)\)/.exec(rest);
  if (back) return [back[0].length, `\\k<${back[1]}>`];
  switch (rest[0]) {
    case '\\':
      return [2, escapedPiece(rest.slice(0, 2))];
    case '[':
      return characterClass(rest);
    case '.':
      return [1, flags.has('s') ? '[\\s\\S]' : '[^\\n]'];
    case '^':
      return [1, flags.has('m') ? '(?<![^\\n])' : '(?<![\\s\\S])'];
    case '$':
      return [1, flags.has('m') ? '(?![^\\n])' : '(?=\\n?(?![\\s\\S]))'];
    default:
      return [1, rest[0] as string];
  }
}

function escapedPiece(piece: string): string {
  if (piece === '\\A') return '(?<![\\s\\S])';
  if (piece === '\\Z') return '(?![\\s\\S])';
  if (piece === '\\s') return `[${SPACE}]`;
  if (piece === '\\S') return `[^${SPACE}]`;
  if (piece === '\\a') return '\\x07';
  return piece;
}

// JavaScript's \s also takes non-ASCII spaces, some of which are single bytes here.
const SPACE = ' \\t\\n\\r\\f\\v';

function characterClass(rest: string): [taken: number, made: string] {
  let at = rest[1] === '^' ? 2 : 1;
  let made = rest.slice(0, at);
  // A bracket that stands first is one of the characters.
  if (rest[at] === ']') {
    made += '\\]';
    at++;
  }
  for (; at < rest.length && rest[at] !== ']'; at++) {
    if (rest[at] !== '\\') made += rest[at];
    else {
      const piece = rest.slice(at, at + 2);
      made += piece === '\\s' ? SPACE : piece === '\\a' ? '\\x07' : piece;
      at++;
    }
  }
  if (at >= rest.length) throw new SyntaxError('unterminated character set');
  return [at + 1, `${made}]`];
}

/** `(?x)`: blanks and comments outside of character classes mean nothing. */
function withoutComments(pattern: string): string {
  return pattern.replace(/\\.|\[\^?\]?(?:\\.|[^\]])*\]|\s+|#.*/gs, (piece) => (/^(\s|#)/.test(piece) ? '' : piece));
}

/**
 * Python's `match.expand`: `\1`, `\g<1>`, `\g<name>` and `\n`, `\t` in a replacement.
 * @throws SyntaxError on an escape or a group that Python does not know
 */
export function expandTemplate(template: string, match: RegExpMatchArray): string {
  return template.replace(/\\(g<(\w+)>|\d{1,2}|[\s\S])|\\$/g, (piece, escaped?: string, name?: string) => {
    if (escaped === undefined) throw new SyntaxError('bad escape (end of pattern)');
    if (name !== undefined) return groupOf(match, name);
    if (escaped === '0') return '\0';
    if (/^\d/.test(escaped)) return groupOf(match, escaped);
    const char = TEMPLATE_ESCAPES[escaped];
    if (char !== undefined) return char;
    if (/[A-Za-z]/.test(escaped)) throw new SyntaxError(`bad escape ${piece}`);
    return piece;
  });
}

const TEMPLATE_ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  f: '\f',
  v: '\v',
  a: '\x07',
  b: '\b',
  '\\': '\\',
};

function groupOf(match: RegExpMatchArray, name: string): string {
  const number = /^\d+$/.test(name) ? Number(name) : undefined;
  const known = number === undefined ? Object.hasOwn(match.groups ?? {}, name) : number < match.length;
  if (!known) throw new SyntaxError(`invalid group reference ${name}`);
  return (number === undefined ? match.groups?.[name] : match[number]) ?? '';
}
