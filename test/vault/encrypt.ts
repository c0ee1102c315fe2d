import { createCipheriv, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

export interface EncryptOptions {
  /** Writes format 1.2 with this id. */
  readonly id?: string;
  readonly salt?: Buffer;
}

/** What `ansible-vault encrypt` makes of a text: the way in, written from the format's description for these tests. */
export function encryptVault(text: string | Buffer, password: string, { id, salt }: EncryptOptions = {}): string {
  const plain = Buffer.from(text as string, 'utf8');
  const salted = salt ?? randomBytes(32);
  const keys = pbkdf2Sync(Buffer.from(password, 'utf8'), salted, 10_000, 80, 'sha256');
  const pad = 16 - (plain.length % 16);
  const cipher = createCipheriv('aes-256-ctr', keys.subarray(0, 32), keys.subarray(64, 80));
  const ciphertext = Buffer.concat([cipher.update(Buffer.concat([plain, Buffer.alloc(pad, pad)])), cipher.final()]);
  const hmac = createHmac('sha256', keys.subarray(32, 64)).update(ciphertext).digest('hex');
  const body = Buffer.from([salted.toString('hex'), hmac, ciphertext.toString('hex')].join('\n')).toString('hex');
  const header = id === undefined ? '$ANSIBLE_VAULT;1.1;AES256' : `$ANSIBLE_VAULT;1.2;AES256;${id}`;
  return `${header}\n${(body.match(/.{1,80}/g) as string[]).join('\n')}\n`;
}

/** The same as a value in YAML, to stand after `name: `. */
export function inlineVault(
  text: string,
  password: string,
  { indent = 4, ...options }: EncryptOptions & { indent?: number } = {},
) {
  const lines = encryptVault(text, password, options).trimEnd().split('\n');
  return `!vault |\n${lines.map((line) => ' '.repeat(indent) + line).join('\n')}\n`;
}
