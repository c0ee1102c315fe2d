import { createHash, getHashes } from 'node:crypto';
import { anyText, flag, optionalText, textArgument } from '../arguments.js';
import { failed } from '../failure.js';
import { fromJson, toJson } from '../json.js';
import { entry, type Table } from '../signature.js';
import { isList } from '../values.js';

const NODE_ENCODINGS: Readonly<Record<string, BufferEncoding>> = {
  'utf-8': 'utf8',
  utf8: 'utf8',
  ascii: 'ascii',
  'latin-1': 'latin1',
  latin1: 'latin1',
  'iso-8859-1': 'latin1',
  'utf-16-le': 'utf16le',
  'utf-16le': 'utf16le',
};

const sha1 = entry('', (value) => digest(anyText(value), 'sha1'));

/** Filters from and to JSON, base64 and digests. */
export const ENCODING_FILTERS: Table = {
  to_json: entry('*args, **options', (value, [, options]) => toJson(value, jsonOptions(options))),
  to_nice_json: entry('indent=, sort_keys=, **options', (value, [indent, sortKeys, options]) =>
    toJson(value, {
      ...jsonOptions(options),
      indent: indent ?? 4,
      sortKeys: flag(sortKeys, true),
      separators: [',', ': '],
    }),
  ),
  tojson: entry('indent=', (value, [indent]) =>
    toJson(value, { indent, sortKeys: true }).replace(
      /[<>&']/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  ),
  from_json: entry('', (value) => fromJson(textArgument(value, 'JSON'))),
  b64encode: entry('encoding=', (value, [encoding]) =>
    Buffer.from(anyText(value), nodeEncoding(encoding)).toString('base64'),
  ),
  b64decode: entry('encoding=', (value, [encoding]) => {
    const text = anyText(value).replace(/[\r\n]/g, '');
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) throw failed('the text is no base64');
    return Buffer.from(text, 'base64').toString(nodeEncoding(encoding));
  }),
  hash: entry('hashtype=', (value, [type]) => digest(anyText(value), optionalText(type, 'hashtype') ?? 'sha1')),
  to_uuid: entry('namespace=', (value, [namespace]) =>
    uuid5(anyText(value), optionalText(namespace, 'namespace') ?? ANSIBLE_NAMESPACE),
  ),
  md5: entry('', (value) => digest(anyText(value), 'md5')),
  sha1,
  checksum: sha1,
};

function nodeEncoding(encoding: unknown): BufferEncoding {
  const name = (optionalText(encoding, 'encoding') ?? 'utf-8').toLowerCase();
  if (!Object.hasOwn(NODE_ENCODINGS, name)) throw failed(`the encoding '${name}' is not supported`);
  return NODE_ENCODINGS[name] as BufferEncoding;
}

/** The namespace that Ansible makes its UUIDs in. */
const ANSIBLE_NAMESPACE = '361E6D51-FAEC-444A-9079-341386DA8E2E';

/** RFC 4122's version 5: the SHA-1 of a namespace and a name. */
function uuid5(name: string, namespace: string): string {
  const hex = namespace.replace(/^urn:uuid:/, '').replace(/[{}-]/g, '');
  if (!/^[0-9a-f]{32}$/i.test(hex)) throw failed(`'${namespace}' is no UUID for a namespace`);
  const hash = createHash('sha1').update(Buffer.from(hex, 'hex')).update(name, 'utf8').digest();
  hash[6] = ((hash[6] as number) & 0x0f) | 0x50;
  hash[8] = ((hash[8] as number) & 0x3f) | 0x80;
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function digest(text: string, type: string): string {
  if (!getHashes().includes(type)) throw failed(`there is no hash '${type}'`, 'For example sha1, sha256, sha512, md5.');
  return createHash(type).update(text, 'utf8').digest('hex');
}

function jsonOptions(options: unknown) {
  const given = options as Readonly<Record<string, unknown>>;
  const separators = isList(given.separators) ? given.separators.map(anyText) : undefined;
  return {
    indent: given.indent,
    sortKeys: flag(given.sort_keys),
    ascii: flag(given.ensure_ascii, true),
    separators: separators === undefined ? undefined : ([separators[0] ?? ',', separators[1] ?? ':'] as const),
  };
}
