import type { Algorithms, CipherAlgorithm, KexAlgorithm, MacAlgorithm, ServerHostKeyAlgorithm } from 'ssh2';
import { badLine, type ConfigLine } from './ssh-config-line.js';
import { matchesPattern } from './wildcard.js';

/** The kinds of algorithms that a configuration can name, by keyword. */
export type AlgorithmKeyword = 'kexalgorithms' | 'ciphers' | 'macs' | 'hostkeyalgorithms';

/** What is offered to a host whose configuration names nothing, best first: sound ones only, but for `ssh-rsa`. */
const OFFERED = {
  kexalgorithms: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group-exchange-sha256',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group15-sha512',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group17-sha512',
    'diffie-hellman-group18-sha512',
  ],
  ciphers: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
    'chacha20-poly1305@openssh.com',
  ],
  macs: [
    'hmac-sha2-256-etm@openssh.com',
    'hmac-sha2-512-etm@openssh.com',
    'hmac-sha1-etm@openssh.com',
    'hmac-sha2-256',
    'hmac-sha2-512',
    'hmac-sha1',
  ],
  hostkeyalgorithms: [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
    'rsa-sha2-256',
    'ssh-rsa',
  ],
} as const;

/** What the SSH library can do besides, offered to nobody unasked. */
const ONLY_WHEN_NAMED: Readonly<Record<AlgorithmKeyword, readonly string[]>> = {
  kexalgorithms: ['diffie-hellman-group-exchange-sha1', 'diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
  ciphers: ['aes256-cbc', 'aes192-cbc', 'aes128-cbc', '3des-cbc'],
  macs: ['hmac-md5', 'hmac-sha1-96', 'hmac-md5-96'],
  hostkeyalgorithms: ['ssh-dss'],
};

/** Host key algorithms in the order in which they are offered to a host of which nothing is known. */
export const HOST_KEY_ALGORITHMS: readonly ServerHostKeyAlgorithm[] = OFFERED.hostkeyalgorithms;

/**
 * The algorithms that a line names: a list with wildcards, or `+` (after the usual ones), `-` (the usual ones
 * without) or `^` (before the usual ones) and a list. What the SSH library cannot do is left out.
 *
 * @throws FixError `ssh/config` if nothing is left
 * @see OpenSSH 9.2 `kex.c`, `kex_assemble_names`
 */
export function namedAlgorithms(keyword: AlgorithmKeyword, line: ConfigLine): string[] {
  const usual: readonly string[] = OFFERED[keyword];
  const all = [...usual, ...ONLY_WHEN_NAMED[keyword]];
  const [text = ''] = line.words;
  const sign = /^[-+^]/.exec(text)?.[0];
  const patterns = text.slice(sign === undefined ? 0 : 1).split(',');
  const named = patterns.flatMap((pattern) => all.filter((name) => matchesPattern(pattern, name)));
  const lists = {
    '+': [...usual, ...named],
    '-': usual.filter((name) => !named.includes(name)),
    '^': [...named, ...usual],
  };
  const chosen = [...new Set(sign === undefined ? named : lists[sign as '+'])];
  if (chosen.length > 0) return chosen;
  throw badLine(line, `of ${line.written} ${text} none is supported; supported are ${all.join(', ')}`);
}

/** What a host's configuration names, as the SSH library takes it; what it does not name stays as usual. */
export interface SshAlgorithms {
  readonly kex?: readonly string[] | undefined;
  readonly cipher?: readonly string[] | undefined;
  readonly hmac?: readonly string[] | undefined;
  readonly serverHostKey?: readonly string[] | undefined;
}

/** For the SSH library's `algorithms`: what is not named is left to its own sound choice. */
export function algorithmsFor(named: SshAlgorithms, serverHostKey: ServerHostKeyAlgorithm[]): Algorithms {
  return {
    ...(named.kex && { kex: [...named.kex] as KexAlgorithm[] }),
    ...(named.cipher && { cipher: [...named.cipher] as CipherAlgorithm[] }),
    ...(named.hmac && { hmac: [...named.hmac] as MacAlgorithm[] }),
    serverHostKey,
  };
}
