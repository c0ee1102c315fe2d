import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { FixError, messageOf } from '../core/error.js';
import { codeOf } from '../core/error-code.js';
import { matchesPatterns } from './wildcard.js';

/** Where a host is, as its known_hosts entry is looked up. */
export interface HostPlace {
  readonly host: string;
  readonly port: number;
}

/** One line of a known_hosts file. */
export interface KnownHostEntry {
  readonly file: string;
  readonly line: number;
  readonly marker: 'revoked' | 'cert-authority' | undefined;
  /** Comma-separated patterns, or one hashed name. */
  readonly hosts: string;
  readonly type: string;
  /** The public key's blob in base64, without padding differences. */
  readonly key: string;
}

export type HostKeyVerdict =
  | { readonly kind: 'known' }
  | { readonly kind: 'unknown' }
  /** Only a certificate authority is known for the host, and host certificates are not supported. */
  | { readonly kind: 'authority'; readonly entry: KnownHostEntry }
  | { readonly kind: 'changed' | 'revoked'; readonly entry: KnownHostEntry };

/** The known_hosts files of a user. Share one among many connections, so that each file is parsed once. */
export interface KnownHosts {
  judge(place: HostPlace, key: Buffer): HostKeyVerdict;
  /** The key types that are known for a place: offer these first. */
  types(place: HostPlace): string[];
  /**
   * Adds a key to the first file, unless it is there by now.
   * @returns the verdict on the key just before: anything but `known` or `unknown` means that nothing was added
   * @throws FixError `ssh/key-file` if the file cannot be written
   */
  remember(place: HostPlace, key: Buffer): HostKeyVerdict;
}

/**
 * Reads OpenSSH's known_hosts files; one that does not exist is empty.
 * @param hashNames new names are recorded hashed, as `HashKnownHosts` asks
 * @throws FixError `ssh/key-file` (on use) for a file that cannot be read
 */
export function readKnownHosts(files: readonly string[], { hashNames = false } = {}): KnownHosts {
  let found: Find | undefined;
  const all = () => {
    found ??= findAmong(files.flatMap((file) => parseKnownHosts(textOf(file), file)));
    return found;
  };
  return {
    judge: (place, key) => judgeAmong(all(), place, key),
    types: (place) => typesAmong(all(), place),
    remember(place, key) {
      // Read again: another connection or program may have been here since.
      found = undefined;
      const verdict = judgeAmong(all(), place, key);
      if (verdict.kind !== 'unknown') return verdict;
      const name = hashNames ? hashedName(nameOf(place)) : nameOf(place);
      const [first] = files;
      if (first !== undefined) append(first, `${name} ${keyType(key)} ${key.toString('base64')}\n`);
      found = undefined;
      return verdict;
    },
  };
}

/** The entries that a name fits, in the files' order. */
type Find = (name: string) => readonly KnownHostEntry[];

/** Finds entries quickly in a large file, and works each name out only once: each hashed entry costs a digest. */
function findAmong(entries: readonly KnownHostEntry[]): Find {
  const plain = new Map<string, number[]>();
  const others: number[] = [];
  for (const [index, { hosts }] of entries.entries()) {
    if (/[|*?!]/.test(hosts)) others.push(index);
    else {
      for (const name of new Set(hosts.toLowerCase().split(','))) {
        const before = plain.get(name);
        if (before === undefined) plain.set(name, [index]);
        else before.push(index);
      }
    }
  }
  const known = new Map<string, readonly KnownHostEntry[]>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const fitting = others.filter((index) => matches((entries[index] as KnownHostEntry).hosts, name));
    const indexes = [...(plain.get(name) ?? []), ...fitting].sort((a, b) => a - b);
    const result = indexes.map((index) => entries[index] as KnownHostEntry);
    known.set(name, result);
    return result;
  };
}

/** The lines of a known_hosts file; comments, blank lines and lines that are not whole are left out. */
export function parseKnownHosts(text: string, file: string): KnownHostEntry[] {
  return text.split('\n').flatMap((line, index) => {
    const words = line.trim().split(/[ \t]+/);
    const first = words[0] ?? '';
    if (first === '' || first.startsWith('#')) return [];
    const marker = first === '@revoked' ? 'revoked' : first === '@cert-authority' ? 'cert-authority' : undefined;
    if (first.startsWith('@') && marker === undefined) return [];
    const [hosts, type, key] = marker === undefined ? words : words.slice(1);
    if (hosts === undefined || type === undefined || key === undefined) return [];
    return [{ file, line: index + 1, marker, hosts, type, key: Buffer.from(key, 'base64').toString('base64') }];
  });
}

/**
 * What the entries say of a key that a host presents.
 *
 * As OpenSSH does, a port other than 22 is looked up as `[host]:port`, and where that gives nothing a bare `host`
 * entry may vouch for the key, though not accuse it. Stricter than OpenSSH, a key of a type that is not known for a
 * host of which others are known counts as changed: all known types were offered first.
 */
export function judgeHostKey(entries: readonly KnownHostEntry[], place: HostPlace, key: Buffer): HostKeyVerdict {
  return judgeAmong(findAmong(entries), place, key);
}

function judgeAmong(find: Find, place: HostPlace, key: Buffer): HostKeyVerdict {
  const blob = key.toString('base64');
  const own = find(nameOf(place));
  const bare = place.port === 22 ? [] : find(place.host.toLowerCase());
  const revoked = [...own, ...bare].find((entry) => entry.marker === 'revoked' && entry.key === blob);
  if (revoked !== undefined) return { kind: 'revoked', entry: revoked };
  const plain = own.filter((entry) => entry.marker === undefined);
  if (plain.some((entry) => entry.key === blob)) return { kind: 'known' };
  const other = plain.find((entry) => entry.type === keyType(key)) ?? plain[0];
  if (other !== undefined) return { kind: 'changed', entry: other };
  if (bare.some((entry) => entry.marker === undefined && entry.key === blob)) return { kind: 'known' };
  const authority = [...own, ...bare].find((entry) => entry.marker === 'cert-authority');
  return authority === undefined ? { kind: 'unknown' } : { kind: 'authority', entry: authority };
}

/** The key types known for a place, in the files' order; those of the bare host only where it has none of its own. */
export function knownKeyTypes(entries: readonly KnownHostEntry[], place: HostPlace): string[] {
  return typesAmong(findAmong(entries), place);
}

function typesAmong(find: Find, place: HostPlace): string[] {
  const typesOf = (name: string) =>
    find(name)
      .filter((entry) => entry.marker === undefined)
      .map((entry) => entry.type);
  const own = typesOf(nameOf(place));
  return [...new Set(own.length > 0 ? own : typesOf(place.host.toLowerCase()))];
}

/** The name of a place in known_hosts: `host`, or `[host]:port` for a port other than 22. */
export function nameOf({ host, port }: HostPlace): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

/** A key's type, as its blob says: `ssh-ed25519`. */
export function keyType(key: Buffer): string {
  const length = key.length >= 4 ? key.readUInt32BE(0) : 0;
  return key.subarray(4, 4 + Math.min(length, 64)).toString('latin1');
}

/** A key's fingerprint as OpenSSH prints it: `SHA256:...`. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

function matches(hosts: string, name: string): boolean {
  return hosts.startsWith('|') ? hashedMatch(hosts, name) : matchesPatterns(hosts.toLowerCase().split(','), name);
}

function hashedMatch(hosts: string, name: string): boolean {
  const [, version, salt = '', hash = ''] = hosts.split('|');
  if (version !== '1') return false;
  const wanted = Buffer.from(hash, 'base64');
  const found = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return wanted.length === found.length && timingSafeEqual(wanted, found);
}

/** @see OpenSSH 9.2 `hostfile.c`, `host_hash` */
function hashedName(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw new FixError('ssh/key-file', `the known_hosts file ${file} cannot be read: ${messageOf(error)}`, {
      hint: 'Make it readable for you, or name another one.',
      at: file,
      cause: error,
    });
  }
}

/** One write at the end of the file, which no other writer's can tear or overwrite. */
function append(file: string, line: string): void {
  let descriptor: number | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    descriptor = openSync(file, 'a+', 0o600);
    writeSync(descriptor, endsWithoutNewline(descriptor) ? `\n${line}` : line);
  } catch (error) {
    throw new FixError('ssh/key-file', `the host key cannot be recorded in ${file}: ${messageOf(error)}`, {
      hint: 'Make the file writable for you, or name another one.',
      at: file,
      cause: error,
    });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function endsWithoutNewline(descriptor: number): boolean {
  const { size } = fstatSync(descriptor);
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  readSync(descriptor, last, 0, 1, size - 1);
  return last[0] !== 10;
}
