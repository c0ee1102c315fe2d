import { createCipheriv, createDecipheriv, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { neverShow } from '../../core/mask.js';
import { integerArgument, optionalText, textArgument } from '../arguments.js';
import { failed } from '../failure.js';
import { str } from '../python-text.js';
import { type RandomSource, randomSource } from '../random-source.js';
import { entry, type Table } from '../signature.js';
import { type CryptKind, SALT_LENGTH, unixCrypt } from '../unix-crypt.js';

/** Filters that encrypt, decrypt and hash what nobody is to read. */
export const SECRET_FILTERS: Table = {
  password_hash: entry('hashtype=, salt=, salt_size=, rounds=, ident=', (value, args) => {
    const [type, salt, saltSize, rounds, ident] = args;
    if (ident !== undefined && ident !== null && ident !== '') {
      throw failed('password_hash takes no ident here', 'It belongs to bcrypt, which is not supported.');
    }
    return passwordHash(textArgument(value, 'the password'), optionalText(type, 'hashtype') ?? 'sha512', {
      salt: optionalText(salt, 'salt'),
      saltSize: saltSize === null ? undefined : integerArgument(saltSize, 'salt_size', 0),
      rounds: rounds === undefined || rounds === null ? undefined : integerArgument(rounds, 'rounds'),
    });
  }),
  vault: entry('secret, salt=, vaultid=, wrap_object=', (value, [secret, salt, vaultId]) => {
    const label = optionalText(vaultId, 'vaultid') ?? 'filter_default';
    const saltText = optionalText(salt, 'salt');
    if (saltText === '') throw failed('the salt is empty');
    const saltBytes = saltText === undefined ? randomBytes(32) : Buffer.from(saltText, 'utf8');
    return encrypted(textArgument(value, 'what is encrypted'), textArgument(secret, 'the secret'), saltBytes, label);
  }),
  unvault: entry('secret, vaultid=', (value, [secret]) => {
    const [text, password] = [textArgument(value, 'what is decrypted'), textArgument(secret, 'the secret')];
    if (!text.startsWith('$ANSIBLE_VAULT')) return text;
    const opened = decrypted(text, password);
    neverShow(opened);
    return opened;
  }),
};

const KINDS: Readonly<Record<string, CryptKind>> = {
  md5: 'md5',
  md5_crypt: 'md5',
  sha256: 'sha256',
  sha256_crypt: 'sha256',
  sha512: 'sha512',
  sha512_crypt: 'sha512',
};
/** Some seconds of work; more would hold up the whole run. */
const MAX_ROUNDS = 1_000_000;
const SALT_CHARACTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./';

/** What a password and its salt came to; many rounds are dear, and every host asks for the same. */
const known = new Map<string, string>();

/**
 * A password as `/etc/shadow` keeps it. Without rounds those of `crypt(3)`, 5000.
 * @throws FixError `template/failed` for a kind that is not supported, a salt or rounds that cannot be
 */
export function passwordHash(
  password: string,
  type: string,
  { salt, saltSize, rounds }: { salt?: string | undefined; saltSize?: number | undefined; rounds?: number | undefined },
): string {
  const kind = Object.hasOwn(KINDS, type) ? (KINDS[type] as CryptKind) : undefined;
  if (kind === undefined) {
    throw failed(`password_hash does not make '${type}'`, 'sha512, sha256 and md5 are supported; bcrypt is not.');
  }
  const given = salt === undefined || salt === '' ? randomSalt(saltSize || SALT_LENGTH[kind]) : salt;
  if (/[^./0-9A-Za-z]/.test(given)) throw failed('the salt may hold letters, digits, dots and slashes only');
  if (given.length > SALT_LENGTH[kind]) throw failed(`the salt may have ${SALT_LENGTH[kind]} characters at most`);
  if (password.includes('\0')) throw failed('the password has a NUL character in it');
  if (rounds !== undefined && rounds !== 0) allowRounds(kind, rounds);
  const key = JSON.stringify([kind, given, rounds, password]);
  const made = known.get(key) ?? unixCrypt(kind, password, given, rounds || undefined);
  if (known.size > 1000) known.clear();
  known.set(key, made);
  return made;
}

function allowRounds(kind: CryptKind, rounds: number): void {
  if (kind === 'md5') throw failed('md5 has no rounds');
  if (rounds < 1000 || rounds > MAX_ROUNDS) throw failed(`rounds has to be from 1000 to ${MAX_ROUNDS}`);
}

/** A salt that nobody can guess, or that a seed gives. */
export function randomSalt(length: number, source: RandomSource = randomSource(undefined)): string {
  return Array.from({ length: Math.min(length, 64) }, () => SALT_CHARACTERS[source.below(64)]).join('');
}

const ROUNDS = 10_000;
const LINE = 80;

/** @see ansible-core 2.14 `parsing/vault/__init__.py`, `VaultAES256` */
function encrypted(text: string, secret: string, salt: Buffer, label: string): string {
  const keys = pbkdf2Sync(secret, salt, ROUNDS, 80, 'sha256');
  const plain = Buffer.from(text, 'utf8');
  const padding = 16 - (plain.length % 16);
  const cipher = createCipheriv('aes-256-ctr', keys.subarray(0, 32), keys.subarray(64, 80));
  const ciphertext = Buffer.concat([
    cipher.update(Buffer.concat([plain, Buffer.alloc(padding, padding)])),
    cipher.final(),
  ]);
  const hmac = createHmac('sha256', keys.subarray(32, 64)).update(ciphertext).digest();
  const body = Buffer.from([salt, hmac, ciphertext].map((part) => part.toString('hex')).join('\n')).toString('hex');
  const header = label === 'default' ? '$ANSIBLE_VAULT;1.1;AES256' : `$ANSIBLE_VAULT;1.2;AES256;${label}`;
  const lines = body.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  return `${[header, ...lines].join('\n')}\n`;
}

function decrypted(text: string, secret: string): string {
  const [header = '', ...body] = text.trim().split(/\r?\n/);
  const inner = Buffer.from(body.map((line) => line.trim()).join(''), 'hex').toString('latin1');
  const [salt, hmac, ciphertext] = inner.split('\n').map((part) => Buffer.from(part, 'hex'));
  if (!/^\$ANSIBLE_VAULT;1\.[12];AES256(?:;|$)/.test(header) || !salt || hmac?.length !== 32 || !ciphertext) {
    throw failed('the text is not one that ansible-vault made, or it is damaged');
  }
  const keys = pbkdf2Sync(secret, salt, ROUNDS, 80, 'sha256');
  const expected = createHmac('sha256', keys.subarray(32, 64)).update(ciphertext).digest();
  if (!timingSafeEqual(expected, hmac)) throw failed('the secret does not open this encrypted text');
  const decipher = createDecipheriv('aes-256-ctr', keys.subarray(0, 32), keys.subarray(64, 80));
  const padded = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  return padded.subarray(0, -(padded.at(-1) ?? 0) || undefined).toString('utf8');
}

/** A password made of these characters. @param seed gives the same each time */
export function randomPassword(length: number, characters: string, seed: unknown): string {
  const source = randomSource(seed);
  const all = Array.from(characters);
  if (all.length === 0) throw failed('there are no characters to make a password of');
  return Array.from({ length }, () => str(all[source.below(all.length)])).join('');
}
