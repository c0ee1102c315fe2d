import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MASK, Mask, maskedDeep, neverShow } from '../../src/core/mask.js';
import { looksSecret, looksSecretInVault } from '../../src/core/secret-names.js';
import { printableLine } from '../../src/core/text.js';
import { cpuMsOf } from '../support/cpu.js';

function maskOf(...secrets: readonly string[]): Mask {
  const mask = new Mask();
  for (const secret of secrets) mask.add(secret);
  return mask;
}

const SECRET = `p'a"s <&> \\s$wörd/+`;

describe('a secret is found in every form that it is written in', () => {
  const b64 = (text: string) => Buffer.from(text).toString('base64');
  test.each([
    ['as it is', SECRET],
    ['JSON', JSON.stringify(SECRET)],
    ['JSON in JSON', JSON.stringify(JSON.stringify({ a: SECRET }))],
    ['JSON in ASCII', JSON.stringify(SECRET).replace('ö', '\\u00f6')],
    ['base64', b64(SECRET)],
    ['base64 of a line', b64(`${SECRET}\n`)],
    ['base64, one byte into a text', b64(`x${SECRET} and more`)],
    ['base64, two bytes into a text', b64(`xy${SECRET} and more`)],
    ['base64 for URLs', Buffer.from(SECRET).toString('base64url')],
    ['basic authentication', `Authorization: Basic ${b64(`user:${SECRET}`)}`],
    ['percent-encoded', `https://u:${encodeURIComponent(SECRET)}@host/`],
    ['percent-encoded, all of it', `q=p%27a%22s%20%3C%26%3E%20%5Cs%24w%C3%B6rd%2F%2B`],
    ['percent-encoded, in lower case', `q=p%27a%22s%20%3c%26%3e%20%5cs%24w%c3%b6rd%2f%2b`],
    ['a form', new URLSearchParams({ q: SECRET }).toString().replace('%2A', '*')],
    ['hexadecimal', Buffer.from(SECRET).toString('hex')],
    ['hexadecimal in capitals', Buffer.from(SECRET).toString('hex').toUpperCase()],
    ['quoted for a shell', `'p'\\''a"s <&> \\s$wörd/+'`],
    ["quoted by Python's shlex", `'p'"'"'a"s <&> \\s$wörd/+'`],
    ['quoted in double quotes', `"p'a\\"s <&> \\\\s\\$wörd/+"`],
    ['quoted by bash', `p\\'a\\"s\\ \\<\\&\\>\\ \\\\s\\$w\\örd/+`],
    ["Python's repr", `'p\\'a"s <&> \\\\s$wörd/+'`],
    ["Python's repr of bytes", `b'p\\'a"s <&> \\\\s$w\\xc3\\xb6rd/+'`],
    ['YAML', `'p''a"s <&> \\s$wörd/+'`],
    ['HTML', `p&#39;a&#34;s &lt;&amp;&gt; \\s$wörd/+`],
    ['HTML by another program', `p&#x27;a&quot;s &lt;&amp;&gt; \\s$wörd/+`],
    ['HTML text', `p'a"s &lt;&amp;&gt; \\s$wörd/+`],
  ])('%s', (_, text) => {
    const shown = maskOf(SECRET).of(`before ${text} after`);
    expect(shown).toContain(MASK);
    // At most the first and last digit of base64, which a secret shares with its surroundings, may be left.
    expect(shown.replace(MASK, '').length).toBeLessThan('before  after Authorization: Basic =='.length + 16);
    expect(shown).not.toMatch(/wö|wörd|s\\s|%26|lt;/);
  });
});

describe('what is left of a text', () => {
  test.each([
    { about: 'a text without secrets is the same', secrets: ['hunter22'], text: 'hunter 22', shown: 'hunter 22' },
    {
      about: 'every place',
      secrets: ['hunter22'],
      text: 'hunter22hunter22 x hunter22',
      shown: `${MASK}${MASK} x ${MASK}`,
    },
    { about: 'the longest first', secrets: ['abcd', 'abcdefgh'], text: 'abcdefgh abcde', shown: `${MASK} ${MASK}e` },
    { about: 'two that overlap', secrets: ['abcdef', 'defghi'], text: 'x abcdefghi y', shown: `x ${MASK} y` },
    {
      about: 'masked twice is masked once',
      secrets: ['secret'],
      text: `the secret ${MASK}`,
      shown: `the ${MASK} ${MASK}`,
    },
    { about: 'too short to be masked', secrets: ['abc'], text: 'abc', shown: 'abc' },
    { about: 'a half at the end', secrets: ['hunter22hunter33'], text: 'it is hunter22hun', shown: `it is ${MASK}` },
    {
      about: 'a half before an ellipsis',
      secrets: ['hunter22hunter33'],
      text: 'it is hunter22hun… so',
      shown: `it is ${MASK}… so`,
    },
    {
      about: 'each long line of a secret of several',
      secrets: ['first line\nxy\nsecond line\n'],
      text: '+first line\n xy\n-second line',
      shown: `+${MASK}\n xy\n-${MASK}`,
    },
    {
      about: 'the lines of a key, not its borders',
      secrets: ['-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----\n'],
      text: '-----BEGIN PRIVATE KEY-----\n MIIEvQIBADANBg',
      shown: `-----BEGIN PRIVATE KEY-----\n ${MASK}`,
    },
  ])('$about', ({ secrets, text, shown }) => {
    expect(maskOf(...secrets).of(text)).toBe(shown);
  });
});

test('no secret is seen in any text that it was put into', () => {
  const secret = fc
    .string({ minLength: 4, maxLength: 40 })
    .filter((text) => text.trim() === text && !MASK.includes(text));
  fc.assert(
    fc.property(
      fc.array(secret, { minLength: 1, maxLength: 5 }),
      fc.array(fc.string()),
      fc.array(fc.nat(4)),
      (secrets, pieces, picks) => {
        const mask = maskOf(...secrets);
        const text = pieces
          .map((piece, index) => piece + (secrets[(picks[index] ?? 0) % secrets.length] as string))
          .join(' ');
        const shown = mask.of(text).split(MASK).join('\n');
        for (const one of secrets) expect(shown.includes(one) && !one.includes('\n')).toBe(false);
      },
    ),
    { numRuns: 1000 },
  );
});

describe('cutting a text', () => {
  test('masks before it cuts', () => {
    neverShow('correct-horse-battery-staple');
    const line = printableLine(`${'x'.repeat(80)}correct-horse-battery-staple`, 90);
    expect(line).not.toContain('corr');
  });
});

describe('values', () => {
  test('texts, keys, maps, sets, numbers and what stands under secret names', () => {
    neverShow('hunter2222');
    neverShow('12345678');
    const seen = maskedDeep({
      a: ['x hunter2222'],
      b: new Map([['hunter2222', new Set(['hunter2222'])]]),
      hunter2222: 1,
      c: 12345678,
      ansible_become_pass: 'xyz',
      pin_code_password: 123,
      none: null,
      flag: true,
    });
    expect(seen).toEqual({
      a: [`x ${MASK}`],
      b: new Map([[MASK, new Set([MASK])]]),
      [MASK]: 1,
      c: MASK,
      ansible_become_pass: MASK,
      pin_code_password: MASK,
      none: null,
      flag: true,
    });
  });
});

describe('names of secrets', () => {
  test.each([
    'ansible_password',
    'ansible_ssh_pass',
    'ansible_become_pass',
    'ansible_become_password',
    'flannel_etcd_password',
    'password',
    'dbPassword',
    'mysql_root_passwd',
    'api_token',
    'client-secret',
    'passphrase',
    'db.pwd',
    'token',
    'dbpass',
  ])('%s is one', (name) => expect(looksSecret(name)).toBe(true));

  test.each([
    'compass',
    'bypass',
    'passed',
    'password_file',
    'vault_password_file',
    'tokenizer',
    'secretary',
    'ansible_user',
    'private_key_file',
    'flannel_etcd_keyfile',
    'keys',
    'passes',
  ])('%s is none', (name) => expect(looksSecret(name)).toBe(false));

  test.each(['tls_key', 'aws_credentials', 'db_pass'])('%s is one in an encrypted file', (name) => {
    expect(looksSecretInVault(name)).toBe(true);
  });
});

test('10 MB with 200 secrets take less than a second of CPU', async () => {
  const secrets = Array.from({ length: 200 }, () => `${randomBytes(12).toString('base64')}'"&`);
  const mask = maskOf(...secrets);
  const line = 'the quick brown [fox] jumps over /etc/systemd/system/flanneld.service 10.0.0.1 {"a":1}\n';
  const piece = (index: number) => line.repeat(50) + secrets[index % secrets.length];
  const text = Array.from({ length: 10_000_000 / (line.length * 50) }, (_, index) => piece(index)).join('');
  let shown = '';
  const took = await cpuMsOf(() => {
    shown = mask.of(text);
  });
  expect(took).toBeLessThan(6000);
  expect(shown).not.toContain(secrets[0]);
});
