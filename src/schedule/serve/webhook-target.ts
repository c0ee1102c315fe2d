import { isIP } from 'node:net';
import { FixError } from '../../core/error.js';
import { neverShow } from '../../core/mask.js';
import { readRegularFile } from '../../core/read-text.js';
import { printableLine } from '../../core/text.js';

/** Why a webhook may not go to an address; `undefined` where it may. What it tells is nobody else's business. */
export function refusalOfUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return 'is no address';
  if (url.username !== '' || url.password !== '') return 'may not hold a user and password; use headers_file';
  if (url.protocol === 'https:') return undefined;
  if (url.protocol === 'http:' && isLoopbackName(url.hostname)) return undefined;
  return 'has to begin with https://; http:// goes to this machine only';
}

function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name === '[::1]' || (isIP(name) === 4 && name.startsWith('127.'));
}

const MAX_HEADERS_BYTES = 64 * 1024;

/**
 * Headers out of a file, one `Name: value` a line; their values are masked from here on.
 *
 * @throws FixError `file/missing`, `file/too-large`; `cli/usage` for a line that is no header
 */
export function readHeaders(path: string): Readonly<Record<string, string>> {
  const lines = readRegularFile(path, 'the file of headers', MAX_HEADERS_BYTES).toString('utf8').split(/\r?\n/);
  const headers = lines.flatMap((line, at) => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const [, name = '', value = ''] = /^([A-Za-z0-9-]{1,100}):[ \t]*([\x20-\x7e]{1,4096})$/.exec(line) ?? [];
    if (name === '') throw notAHeader(path, at + 1);
    neverShow(value.trim());
    const [, credential] = /^(?:Bearer|Basic|Token) (.+)$/i.exec(value.trim()) ?? [];
    if (credential !== undefined) neverShow(credential.trim());
    return [[name.toLowerCase(), value.trim()] as const];
  });
  return Object.fromEntries(headers);
}

/** The line itself may hold a secret, and is not shown. */
function notAHeader(path: string, line: number): FixError {
  return new FixError('cli/usage', `line ${line} of ${printableLine(path)} is no header`, {
    hint: 'Write one a line, as "Authorization: Bearer TOKEN".',
  });
}
