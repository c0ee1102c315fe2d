import { posix } from 'node:path';
import { anyText, textArgument } from '../arguments.js';
import { dictGet, makeDict } from '../dict.js';
import { failed } from '../failure.js';
import { entry, type Table } from '../signature.js';
import { isList, tuple } from '../values.js';

/** Filters on paths (POSIX, as text alone: nothing is looked up on a disk) and URLs. */
export const PATH_FILTERS: Table = {
  basename: entry('', (value) => textArgument(value, 'a path').replace(/^[\s\S]*\//, '')),
  dirname: entry('', (value) => dirname(textArgument(value, 'a path'))),
  splitext: entry('', (value) => splitExtension(textArgument(value, 'a path'))),
  path_join: entry('', (value) => {
    if (typeof value === 'string') return value;
    if (!isList(value)) throw failed('path_join needs a list of paths');
    return value.map((part) => textArgument(part, 'a path')).reduce(joinedPath);
  }),
  relpath: entry('start=', (value, [start]) => posix.relative(anyText(start ?? '.'), anyText(value)) || '.'),
  commonpath: entry('', (value) => commonPath(isList(value) ? value.map(anyText) : [anyText(value)])),
  normpath: entry('', (value) => posix.normalize(anyText(value)).replace(/(.)\/$/, '$1')),
  win_basename: entry('', (value) => anyText(value).replace(/^[\s\S]*[\\/]/, '')),
  urlsplit: entry('query=', (value, [query]) => {
    const parts = urlParts(anyText(value));
    if (query === undefined || query === '') return parts;
    const part = dictGet(parts, query);
    if (part === undefined) throw failed(`a URL has no part '${anyText(query)}'`);
    return part;
  }),
};

/** Python's: without the slashes at the end, unless there is nothing else. */
function dirname(path: string): string {
  const head = path.slice(0, path.lastIndexOf('/') + 1);
  return /^\/+$/.test(head) ? head : head.replace(/\/+$/, '');
}

function splitExtension(path: string): unknown {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  if (dot <= 0 || /^\.+$/.test(name.slice(0, dot))) return tuple(path, '');
  const cut = path.length - name.length + dot;
  return tuple(path.slice(0, cut), path.slice(cut));
}

function joinedPath(left: string, right: string): string {
  if (right.startsWith('/')) return right;
  return left === '' || left.endsWith('/') ? left + right : `${left}/${right}`;
}

function commonPath(paths: readonly string[]): string {
  const absolute = paths[0]?.startsWith('/') ?? false;
  if (paths.some((path) => path.startsWith('/') !== absolute)) throw failed('absolute and relative paths are mixed');
  const split = paths.map((path) => path.split('/').filter((part) => part !== '' && part !== '.'));
  const [first = []] = split;
  const shared = first.findIndex((part, index) => split.some((other) => other[index] !== part));
  return (absolute ? '/' : '') + first.slice(0, shared < 0 ? undefined : shared).join('/');
}

/** As Python's `urllib.parse.urlsplit`. */
function urlParts(url: string): ReadonlyMap<unknown, unknown> {
  const [, scheme = '', rest = ''] = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?([\s\S]*)$/.exec(url) ?? [];
  const [, netloc = '', path = '', , query = '', , fragment = ''] =
    /^(?:\/\/([^/?#]*))?([^?#]*)(\?([^#]*))?(#([\s\S]*))?$/.exec(rest) ?? [];
  const at = netloc.lastIndexOf('@');
  const [username, password] = at < 0 ? [] : cut(netloc.slice(0, at));
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(netloc.slice(at + 1)) ?? [];
  return makeDict([
    ['fragment', fragment],
    ['hostname', host === '' ? null : host.replace(/^\[|\]$/g, '').toLowerCase()],
    ['netloc', netloc],
    ['password', password ?? null],
    ['path', path],
    ['port', port === undefined || !/^\d+$/.test(port) ? null : Number(port)],
    ['query', query],
    ['scheme', scheme.toLowerCase()],
    ['username', username ?? null],
  ]);
}

function cut(userInfo: string): [string, string | undefined] {
  const colon = userInfo.indexOf(':');
  return colon < 0 ? [userInfo, undefined] : [userInfo.slice(0, colon), userInfo.slice(colon + 1)];
}
