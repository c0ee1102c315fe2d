import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';

/**
 * What a name is tested with: a shell glob (`web*`, `db?`, `[ab]*`, `[!a]*`), or a regular expression after `~`, which
 * has to match at the start of the name.
 *
 * @throws FixError `inventory/unknown-host` for a regular expression that cannot be read
 * @see Python `fnmatch.translate` and ansible-core 2.14 `inventory/manager.py`, `_match_list`
 */
export function nameTest(pattern: string): RegExp {
  if (pattern.length > MAX_PATTERN) {
    throw new FixError('inventory/unknown-host', `a pattern has more than ${MAX_PATTERN} characters`, {
      hint: 'Name hosts and groups, separated by commas.',
    });
  }
  if (!pattern.startsWith('~')) return new RegExp(`^${globSource(pattern)}$`, 's');
  // Python's own spellings of what JavaScript has too.
  const source = pattern
    .slice(1)
    .replace(/\(\?P</g, '(?<')
    .replace(/\\A/g, '^')
    .replace(/\\Z/g, '$');
  const ignoreCase = source.startsWith('(?i)');
  try {
    return new RegExp(`^(?:${ignoreCase ? source.slice(4) : source})`, ignoreCase ? 'i' : '');
  } catch (cause) {
    throw new FixError('inventory/unknown-host', `${printableLine(pattern)} is not a valid regular expression`, {
      hint: 'Write it as ~web[0-9]+, in quotes so that the shell leaves it alone.',
      cause,
    });
  }
}

/** UTF-16 units. */
const MAX_PATTERN = 65_536;

function globSource(glob: string): string {
  let source = '';
  for (let i = 0; i < glob.length; i++) {
    const char = glob[i] as string;
    const set = char === '[' ? /^\[(!?)(\]?[^\]]*)\]/.exec(glob.slice(i)) : null;
    if (set) {
      source += setSource(set[1] === '!', withoutEmptyRanges(set[2] as string));
      i += set[0].length - 1;
    } else if (char === '*') {
      if (!source.endsWith('.*')) source += '.*';
    } else {
      source += char === '?' ? '.' : char.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    }
  }
  return source;
}

/** `[z-a]` has nothing in it; Python leaves such ranges out, where a regular expression would refuse them. */
function withoutEmptyRanges(set: string): string {
  return set.replace(/([\s\S])-([\s\S])/g, (range, from: string, to: string) => (from > to ? '' : range));
}

function setSource(negated: boolean, set: string): string {
  if (set === '') return negated ? '.' : '(?!)';
  return `[${negated ? '^' : ''}${set.replace(/[\\\]^[&~|]/g, '\\$&')}]`;
}
