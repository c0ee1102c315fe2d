import { integerArgument, optionalText, textArgument } from '../arguments.js';
import { braceFormat } from '../brace-format.js';
import { failed } from '../failure.js';
import { allowText } from '../limits.js';
import { codePointLength, iterate } from '../python-compare.js';
import { type Body, entry, lenientEntry, type Table } from '../signature.js';
import { capitalized, replaced, splitLines, splitText, stripped, titled } from '../strings.js';
import { isList, tuple } from '../values.js';

/** A method that takes nothing. */
const simple = (run: (text: string) => unknown) => entry('', (text) => run(text as string));

/** A question that the empty text answers with no. */
const all = (pattern: RegExp) => simple((text) => text !== '' && pattern.test(text));

const stripping = (sides: 'both' | 'left' | 'right') =>
  entry('chars=', (text, [chars]) => stripped(text as string, optionalText(chars, 'chars'), sides));

const splitting = (fromRight: boolean) =>
  entry('sep=, maxsplit=', (text, [sep, maxsplit]) => {
    if (sep === '') throw failed('the separator is empty');
    return splitText(text as string, optionalText(sep, 'sep'), integerArgument(maxsplit, 'maxsplit', -1), fromRight);
  });

const padding = (pad: (missing: number, fill: string) => [number, number]) =>
  entry('width, fillchar=', (text, [width, fill]) => {
    const w = integerArgument(width, 'width');
    allowText(w);
    const missing = Math.max(0, w - codePointLength(text as string));
    const char = optionalText(fill, 'fillchar') ?? ' ';
    if (codePointLength(char) !== 1) throw failed('fillchar has to be one character');
    const [left, right] = pad(missing, char);
    return char.repeat(left) + (text as string) + char.repeat(right);
  });

const finding = (last: boolean, mustBeThere: boolean): Body => {
  return (text, [part]) => {
    const sought = textArgument(part, 'the part');
    const at = last ? (text as string).lastIndexOf(sought) : (text as string).indexOf(sought);
    if (at < 0 && mustBeThere) throw failed(`the text does not contain '${sought}'`);
    return at < 0 ? at : codePointLength((text as string).slice(0, at));
  };
};

const affix = (test: (text: string, part: string) => boolean) =>
  entry('part', (text, [part]) => {
    const parts = isList(part) ? part : [part];
    return parts.some((one) => test(text as string, textArgument(one, 'the part')));
  });

const partitioning = (last: boolean) =>
  entry('sep', (value, [sep]) => {
    const [text, separator] = [value as string, textArgument(sep, 'sep')];
    const at = last ? text.lastIndexOf(separator) : text.indexOf(separator);
    if (at < 0) return last ? tuple('', '', text) : tuple(text, '', '');
    return tuple(text.slice(0, at), separator, text.slice(at + separator.length));
  });

/** Python's methods of strings, as far as playbooks call them. */
export const STRING_METHODS: Table = {
  upper: simple((text) => text.toUpperCase()),
  lower: simple((text) => text.toLowerCase()),
  casefold: simple((text) => text.toLowerCase()),
  title: simple(titled),
  capitalize: simple(capitalized),
  swapcase: simple((text) =>
    text.replace(/\p{L}/gu, (c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase())),
  ),
  strip: stripping('both'),
  lstrip: stripping('left'),
  rstrip: stripping('right'),
  split: splitting(false),
  rsplit: splitting(true),
  splitlines: simple(splitLines),
  partition: partitioning(false),
  rpartition: partitioning(true),
  join: entry('items', (text, [items]) => {
    const parts = iterate(items).map((item) => textArgument(item, 'an item to join'));
    allowText(parts.reduce((sum, part) => sum + part.length + (text as string).length, 0));
    return parts.join(text as string);
  }),
  replace: entry('old, new, count=', (text, [from, to, count]) => {
    const made = replaced(
      text as string,
      textArgument(from, 'old'),
      textArgument(to, 'new'),
      integerArgument(count, 'count', -1),
    );
    allowText(made.length);
    return made;
  }),
  startswith: affix((text, part) => text.startsWith(part)),
  endswith: affix((text, part) => text.endsWith(part)),
  removeprefix: entry('prefix', (text, [prefix]) => {
    const part = textArgument(prefix, 'prefix');
    return (text as string).startsWith(part) ? (text as string).slice(part.length) : text;
  }),
  removesuffix: entry('suffix', (text, [suffix]) => {
    const part = textArgument(suffix, 'suffix');
    return part !== '' && (text as string).endsWith(part) ? (text as string).slice(0, -part.length) : text;
  }),
  find: entry('part', finding(false, false)),
  rfind: entry('part', finding(true, false)),
  index: entry('part', finding(false, true)),
  rindex: entry('part', finding(true, true)),
  count: entry('part', (text, [part]) => {
    const sought = textArgument(part, 'the part');
    return sought === '' ? codePointLength(text as string) + 1 : (text as string).split(sought).length - 1;
  }),
  zfill: entry('width', (text, [width]) => {
    const w = integerArgument(width, 'width');
    allowText(w);
    const sign = /^[-+]/.exec(text as string)?.[0] ?? '';
    return sign + (text as string).slice(sign.length).padStart(w - sign.length, '0');
  }),
  ljust: padding((missing) => [0, missing]),
  rjust: padding((missing) => [missing, 0]),
  center: padding((missing) => [Math.floor(missing / 2), Math.ceil(missing / 2)]),
  format: lenientEntry('*args, **kwargs', (text, [args, kwargs], runtime) =>
    braceFormat(text as string, args as unknown[], kwargs as Record<string, unknown>, runtime),
  ),
  isdigit: all(/^\p{Nd}+$/u),
  isdecimal: all(/^\p{Nd}+$/u),
  isnumeric: all(/^\p{N}+$/u),
  isalpha: all(/^\p{L}+$/u),
  isalnum: all(/^[\p{L}\p{N}]+$/u),
  isspace: all(/^\s+$/),
  isidentifier: all(/^[\p{L}_][\p{L}\p{N}_]*$/u),
  isupper: simple((text) => text !== text.toLowerCase() && text === text.toUpperCase()),
  islower: simple((text) => text !== text.toUpperCase() && text === text.toLowerCase()),
  expandtabs: entry('tabsize=', (text, [size]) => {
    const width = integerArgument(size, 'tabsize', 8);
    if (width < 0 || width > 100) throw failed('tabsize is out of range');
    return (text as string).replace(/^.*$/gm, (line) => expanded(line, width));
  }),
};

function expanded(line: string, width: number): string {
  let made = '';
  for (const char of line) made += char === '\t' ? ' '.repeat(width === 0 ? 0 : width - (made.length % width)) : char;
  return made;
}
