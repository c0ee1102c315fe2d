import { createPrivateKey, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2, { type ParsedKey } from 'ssh2';
import { FixError, messageOf } from '../core/error.js';
import { codeOf } from '../core/error-code.js';
import type { Secret } from '../core/script.js';

/** OpenSSH's usual private keys in a home folder, those that exist. */
export function defaultKeyFiles(home: string): string[] {
  return ['id_ed25519', 'id_ecdsa', 'id_rsa']
    .map((name) => join(home, '.ssh', name))
    .filter((file) => existsSync(file));
}

/** A key that needs a passphrase which we do not have; an agent may hold it all the same. */
export interface LockedKey {
  readonly locked: true;
  readonly file: string;
}

/**
 * Reads a private key: OpenSSH's own format, PKCS#1, SEC1, PKCS#8 or PPK.
 * @param at the host it is for, for the error
 * @throws FixError `ssh/key-file` if it is missing, unreadable, not a private key, or the passphrase is wrong
 */
export async function readPrivateKey(
  file: string,
  { passphrase, at }: { passphrase?: Secret | undefined; at: string },
): Promise<ParsedKey | LockedKey> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const missing = codeOf(error) === 'ENOENT';
    throw keyError(`the private key ${file} ${missing ? 'does not exist' : `cannot be read: ${messageOf(error)}`}`, {
      hint: missing ? 'Check ansible_ssh_private_key_file.' : 'Make the file readable for you.',
      at,
    });
  }
  const parsed = parse(text, passphrase?.reveal());
  if (!(parsed instanceof Error)) return parsed;
  if (passphrase === undefined && /passphrase|encrypted/i.test(parsed.message)) return { locked: true, file };
  throw keyError(`the private key ${file} cannot be used: ${parsed.message}`, {
    hint: passphrase === undefined ? 'Name the private key, not the public one.' : 'Check the passphrase.',
    at,
  });
}

/** @returns the error for a key that stays locked */
export function lockedKeyError({ file }: Pick<LockedKey, 'file'>, at: string): FixError {
  return keyError(`the private key ${file} is encrypted, and no passphrase is given`, {
    hint: `Load it into an agent with \`ssh-add ${file}\`, name a file with --key-passphrase-file, or run on a terminal.`,
    at,
  });
}

/**
 * The public half of a key, as a blob, without its passphrase: an encrypted key of OpenSSH's format holds it in the
 * open, and for others it may stand in a `.pub` file beside.
 */
export async function publicHalf(file: string): Promise<Buffer | undefined> {
  for (const candidate of [file, `${file}.pub`]) {
    const text = await readFile(candidate, 'utf8').catch(() => undefined);
    const blob = text === undefined ? undefined : (openHalf(text) ?? publicBlob(text));
    if (blob !== undefined) return blob;
  }
  return undefined;
}

function publicBlob(text: string): Buffer | undefined {
  if (!/^(?:ssh|ecdsa|sk)-\S+ /.test(text)) return undefined;
  const key: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(text);
  const first = Array.isArray(key) ? key[0] : key;
  return first === undefined || first instanceof Error ? undefined : first.getPublicSSH();
}

/** @see OpenSSH `PROTOCOL.key`: magic, cipher, kdf, its options, the number of keys, the public key */
function openHalf(text: string): Buffer | undefined {
  const [, body] = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]*)-----END/.exec(text) ?? [];
  if (body === undefined) return undefined;
  const bytes = Buffer.from(body, 'base64');
  let at = Buffer.byteLength('openssh-key-v1\0');
  const next = () => {
    if (at + 4 > bytes.length) return undefined;
    const end = at + 4 + bytes.readUInt32BE(at);
    const piece = bytes.subarray(at + 4, end);
    at = end;
    return piece;
  };
  if (next() === undefined || next() === undefined || next() === undefined) return undefined;
  at += 4;
  const blob = next();
  return blob !== undefined && blob.length > 0 && at <= bytes.length ? blob : undefined;
}

function keyError(message: string, more: { hint: string; at: string }): FixError {
  return new FixError('ssh/key-file', message, more);
}

function parse(text: string, passphrase: string | undefined): ParsedKey | Error {
  const pkcs8 = /-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.exec(text);
  if (pkcs8?.[1] !== undefined && passphrase === undefined) return new Error('it is encrypted');
  try {
    const readable = pkcs8 === null ? text : fromPkcs8(createPrivateKey({ key: text, passphrase }));
    const parsed: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(readable, passphrase);
    const key = Array.isArray(parsed) ? (parsed[0] as ParsedKey) : parsed;
    if (key instanceof Error) return key;
    return key.isPrivateKey() ? key : new Error('it is a public key');
  } catch (error) {
    return new Error(messageOf(error));
  }
}

/** PKCS#8 in a form that the SSH library reads. */
function fromPkcs8(key: KeyObject): string {
  if (key.asymmetricKeyType === 'rsa') return key.export({ type: 'pkcs1', format: 'pem' }).toString();
  if (key.asymmetricKeyType === 'ec') return key.export({ type: 'sec1', format: 'pem' }).toString();
  if (key.asymmetricKeyType === 'ed25519') return openSshEd25519(key);
  throw new TypeError(`keys of type ${key.asymmetricKeyType} are not used with SSH`);
}

/** @see OpenSSH `PROTOCOL.key` */
function openSshEd25519(key: KeyObject): string {
  const { d = '', x = '' } = key.export({ format: 'jwk' });
  const [secret, open] = [Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')];
  const type = sshString('ssh-ed25519');
  const inner = [Buffer.alloc(8), type, sshString(open), sshString(Buffer.concat([secret, open])), sshString('')];
  const length = inner.reduce((sum, part) => sum + part.length, 0);
  const padding = Buffer.from(Array.from({ length: (8 - (length % 8)) % 8 }, (_, index) => index + 1));
  const blob = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...[sshString('none'), sshString('none'), sshString(''), Buffer.from([0, 0, 0, 1])],
    sshString(Buffer.concat([type, sshString(open)])),
    sshString(Buffer.concat([...inner, padding])),
  ]);
  const lines = blob.toString('base64').replace(/(.{70})/g, '$1\n');
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

function sshString(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
