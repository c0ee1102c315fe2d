import { anyText, flag, integerArgument, optionalText, textArgument } from '../arguments.js';
import { dictEntries } from '../dict.js';
import { failed } from '../failure.js';
import { allowText } from '../limits.js';
import { percentFormat } from '../percent-format.js';
import { codePointLength, iterate } from '../python-compare.js';
import { str } from '../python-text.js';
import { type Body, entry, type Table } from '../signature.js';
import { capitalized, replaced, splitLines, splitText, stripped } from '../strings.js';
import { wrapped } from '../text-wrap.js';
import { isDict, isList, tuple } from '../values.js';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&#39;',
  '"': '&#34;',
};

const htmlEscaped: Body = (value) => anyText(value).replace(/[&<>'"]/g, (char) => ENTITIES[char] as string);

/** Filters on text. */
export const TEXT_FILTERS: Table = {
  upper: entry('', (value) => anyText(value).toUpperCase()),
  lower: entry('', (value) => anyText(value).toLowerCase()),
  capitalize: entry('', (value) => capitalized(anyText(value))),
  title: entry('', (value) => titleWords(anyText(value))),
  trim: entry('chars=', (value, [chars]) => stripped(anyText(value), optionalText(chars, 'chars'), 'both')),
  replace: entry('old, new, count=', (value, [from, to, count]) => {
    const made = replaced(
      anyText(value),
      str(from),
      str(to),
      count === null ? -1 : integerArgument(count, 'count', -1),
    );
    allowText(made.length);
    return made;
  }),
  split: entry('sep=, maxsplit=', (value, [sep, maxsplit]) => {
    if (sep === '') throw failed('the separator is empty');
    const text = textArgument(value, 'what is split');
    return splitText(text, optionalText(sep, 'sep'), integerArgument(maxsplit, 'maxsplit', -1));
  }),
  format: entry('*args, **kwargs', (value, [args, kwargs]) => {
    const named = Object.keys(kwargs as object).length > 0;
    if (named && (args as unknown[]).length > 0) throw failed('format takes values by place or by name, not both');
    return percentFormat(anyText(value), named ? kwargs : tuple(...(args as unknown[])));
  }),
  center: entry('width=', (value, [width]) => centered(anyText(value), integerArgument(width, 'width', 80))),
  indent: entry('width=, first=, blank=', (value, [width, first, blank]) =>
    indented(textArgument(value, 'what is indented'), width ?? 4, flag(first), flag(blank)),
  ),
  wordwrap: entry('width=, break_long_words=, wrapstring=, break_on_hyphens=', (value, [width, long, by, hyphens]) => {
    const options = {
      width: integerArgument(width, 'width', 79),
      long: flag(long, true),
      hyphens: flag(hyphens, true),
    };
    const separator = optionalText(by, 'wrapstring') ?? '\n';
    return splitLines(anyText(value))
      .map((line) => wrapped(line, options).join(separator))
      .join(separator);
  }),
  wordcount: entry('', (value) => anyText(value).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0),
  truncate: entry('length=, killwords=, end=, leeway=', (value, [length, killWords, end, leeway]) =>
    truncated(anyText(value), {
      length: integerArgument(length, 'length', 255),
      killWords: flag(killWords),
      end: optionalText(end, 'end') ?? '...',
      leeway: integerArgument(leeway ?? 5, 'leeway'),
    }),
  ),
  comment: entry('style=, **options', (value, [style, options]) =>
    commented(textArgument(value, 'what becomes a comment'), style ?? 'plain', options as Record<string, unknown>),
  ),
  quote: entry('', (value) => shellQuoted(value === null ? '' : str(value))),
  escape: entry('', htmlEscaped),
  e: entry('', htmlEscaped),
  forceescape: entry('', htmlEscaped),
  safe: entry('', (value) => anyText(value)),
  striptags: entry('', (value) =>
    anyText(value)
      .replace(/<!--[\s\S]*?-->|<[^<>]*>/g, '')
      .split(/\s+/)
      .join(' ')
      .trim(),
  ),
  urlencode: entry('', (value) => urlEncoded(value)),
  urldecode: entry('', (value) => urlDecoded(textArgument(value, 'what is decoded'))),
};

/** Jinja2's title: a word begins after a blank, a dash or an opening bracket. */
function titleWords(text: string): string {
  return text
    .split(/([-\s({[<]+)/)
    .map(capitalized)
    .join('');
}

function centered(text: string, width: number): string {
  allowText(width);
  const missing = Math.max(0, width - codePointLength(text));
  // Python gives the odd blank to the left where the width is odd too.
  const left = Math.floor(missing / 2) + (missing & width & 1);
  return ' '.repeat(left) + text + ' '.repeat(missing - left);
}

function indented(text: string, width: unknown, first: boolean, blank: boolean): string {
  const indention = typeof width === 'string' ? width : ' '.repeat(Math.max(0, boundedWidth(width)));
  const lines = splitLines(`${text}\n`);
  const later = lines.slice(1).map((line) => (line !== '' || blank ? indention + line : line));
  const made = [(first ? indention : '') + (lines[0] ?? ''), ...later].join('\n');
  allowText(made.length);
  return made;
}

function boundedWidth(width: unknown): number {
  const size = integerArgument(width, 'width');
  if (size > 10_000) throw failed('the width of the indentation is out of range');
  return size;
}

function truncated(
  text: string,
  { length, killWords, end, leeway }: { length: number; killWords: boolean; end: string; leeway: number },
): string {
  const characters = Array.from(text);
  const keep = length - codePointLength(end);
  if (keep < 0) throw failed('the length is shorter than the text that ends it');
  if (characters.length <= length + leeway) return text;
  const cut = characters.slice(0, keep).join('');
  const blank = cut.lastIndexOf(' ');
  return (killWords || blank < 0 ? cut : cut.slice(0, blank)) + end;
}

const COMMENT_STYLES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  plain: { decoration: '# ' },
  erlang: { decoration: '% ' },
  c: { decoration: '// ' },
  cblock: { beginning: '/*', decoration: ' * ', end: ' */' },
  xml: { beginning: '<!--', decoration: ' - ', end: '-->' },
};

/** As `comment` in Ansible's `plugins/filter/core.py` builds it. */
function commented(text: string, style: unknown, options: Readonly<Record<string, unknown>>): string {
  const styles = typeof style === 'string' && Object.hasOwn(COMMENT_STYLES, style) ? COMMENT_STYLES[style] : undefined;
  if (styles === undefined) throw failed(`there is no comment style '${str(style)}'`);
  const option = (name: string, otherwise: string) => str(options[name] ?? styles[name] ?? otherwise);
  const times = (name: string) => integerArgument(options[name], name, 1);
  const decoration = option('decoration', '');
  const newline = option('newline', '\n');
  const prefix = option('prefix', decoration.trimEnd());
  const postfix = option('postfix', decoration.trimEnd());
  const beginning = option('beginning', '');
  const end = option('end', '');
  allowText((prefix.length + postfix.length + 2) * Math.max(times('prefix_count'), times('postfix_count')));
  const before = prefix === '' ? '' : (prefix === newline ? newline : prefix + newline).repeat(times('prefix_count'));
  const body = (decoration + text.replaceAll(newline, newline + decoration)).replaceAll(
    decoration + newline,
    decoration.trimEnd() + newline,
  );
  const after = (newline + postfix).repeat(times('postfix_count'));
  return `${beginning === '' ? '' : beginning + newline}${before}${body}${after}${end === '' ? '' : newline + end}`;
}

/** Python's `shlex.quote`. */
function shellQuoted(text: string): string {
  if (text === '') return "''";
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}

function urlEncoded(value: unknown): string {
  if (typeof value === 'string' || !(isDict(value) || isList(value))) return percentEncoded(str(value), '/');
  const pairs = isDict(value) ? dictEntries(value) : iterate(value).map((pair) => [...iterate(pair)]);
  const quoted = (part: unknown) => percentEncoded(str(part), '').replaceAll('%20', '+');
  return pairs.map(([key, item]) => `${quoted(key)}=${quoted(item)}`).join('&');
}

function percentEncoded(text: string, safe: string): string {
  const whole = text.replace(/\p{Cs}/gu, '\ufffd');
  return encodeURIComponent(whole).replace(/[!'()*]|%2F/g, (part) => {
    if (part === '%2F') return safe.includes('/') ? '/' : part;
    return `%${part.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}

function urlDecoded(text: string): string {
  return text.replaceAll('+', ' ').replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => {
    return Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8');
  });
}
