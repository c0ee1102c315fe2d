import { anyText, flag, textArgument } from '../arguments.js';
import { failed } from '../failure.js';
import { pythonRegex, searching, substitute } from '../python-regex.js';
import { entry, type Table } from '../signature.js';
import { tuple } from '../values.js';

/** Ansible's filters on regular expressions, in Python's syntax. */
export const REGEX_FILTERS: Table = {
  regex_replace: entry('pattern=, replacement=, ignorecase=, multiline=, count=', (value, args) => {
    const [pattern, replacement, ignoreCase, multiline, count] = args;
    const regex = compiled(pattern ?? '', ignoreCase, multiline);
    return substitute(regex, anyText(value), textArgument(replacement ?? '', 'the replacement'), Number(count ?? 0));
  }),
  regex_search: entry('regex, *groups, **options', (value, [pattern, groups, options]) => {
    const { ignorecase, multiline } = options as Record<string, unknown>;
    const regex = compiled(pattern, ignorecase, multiline);
    const text = anyText(value);
    const found = searching(regex, text, () => regex.exec(text));
    if (found === null) return null;
    const wanted = groups as readonly unknown[];
    return wanted.length === 0 ? found[0] : wanted.map((group) => groupOf(found, textArgument(group, 'a group')));
  }),
  regex_findall: entry('regex, multiline=, ignorecase=', (value, [pattern, multiline, ignoreCase]) => {
    const regex = compiled(pattern, ignoreCase, multiline);
    const text = anyText(value);
    return searching(regex, text, () => [...text.matchAll(regex)]).map((found) => {
      if (found.length === 1) return found[0];
      const groups = found.slice(1).map((group) => group ?? '');
      return groups.length === 1 ? groups[0] : tuple(...groups);
    });
  }),
  regex_escape: entry('re_type=', (value, [type]) => {
    if (type === 'posix_basic') return anyText(value).replace(/[\].[^$*\\]/g, '\\$&');
    if (type !== undefined && type !== 'python') throw failed('re_type has to be python or posix_basic');
    return anyText(value).replace(/[()[\]{}?*+\-|^$\\.&~# \t\n\r\v\f]/g, '\\$&');
  }),
};

function compiled(pattern: unknown, ignoreCase: unknown, multiline: unknown): RegExp {
  return pythonRegex(textArgument(pattern, 'the pattern'), {
    ignoreCase: flag(ignoreCase),
    multiline: flag(multiline),
  });
}

function groupOf(found: RegExpExecArray, group: string): unknown {
  const [, name, number] = /^\\g<(\S+)>|^\\(\d+)/.exec(group) ?? [];
  if (name === undefined && number === undefined) throw failed("a group is named as '\\\\1' or '\\\\g<name>'");
  const index = number ?? (/^\d+$/.test(name as string) ? name : undefined);
  if (index !== undefined) {
    if (Number(index) >= found.length) throw failed(`the pattern has no group ${index}`);
    return found[Number(index)] ?? null;
  }
  if (found.groups === undefined || !Object.hasOwn(found.groups, name as string)) {
    throw failed(`the pattern has no group '${name}'`);
  }
  return found.groups[name as string] ?? null;
}
