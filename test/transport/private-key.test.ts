import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type ParsedKey } from 'ssh2';
import { afterAll, describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/script.js';
import { defaultKeyFiles, readPrivateKey } from '../../src/transport/private-key.js';
import { makeKey } from '../support/sshd.js';

const folder = mkdtempSync(join(tmpdir(), 'test-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = 'node1';

function written(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

const PKCS8 = { type: 'pkcs8', format: 'pem' } as const;
const SPKI = { type: 'spki', format: 'pem' } as const;

describe('readPrivateKey', () => {
  test.each(['ed25519', 'ecdsa', 'rsa'] as const)('reads an OpenSSH %s key, locked or not', async (type) => {
    const open = join(folder, `openssh-${type}`);
    makeKey(open, type);
    const locked = join(folder, `locked-${type}`);
    makeKey(locked, type, ['-N', 'open sesame']);
    expect(await readPrivateKey(open, { at })).toMatchObject({ comment: 'test' });
    expect(await readPrivateKey(locked, { at })).toEqual({ locked: true, file: locked });
    expect(await readPrivateKey(locked, { at, passphrase: new Secret('open sesame') })).toMatchObject({
      comment: 'test',
    });
    await expect(readPrivateKey(locked, { at, passphrase: new Secret('wrong') })).rejects.toMatchObject({
      code: 'ssh/key-file',
      hint: 'Check the passphrase.',
    });
  });

  const rsa = () =>
    generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: SPKI, privateKeyEncoding: PKCS8 });
  const ec = () =>
    generateKeyPairSync('ec', { namedCurve: 'P-256', publicKeyEncoding: SPKI, privateKeyEncoding: PKCS8 });
  const ed = () => generateKeyPairSync('ed25519', { publicKeyEncoding: SPKI, privateKeyEncoding: PKCS8 });
  test.each([
    { type: 'ssh-rsa', make: rsa },
    { type: 'ecdsa-sha2-nistp256', make: ec },
    { type: 'ssh-ed25519', make: ed },
  ])('reads a PKCS#8 key of type $type, with a public half that matches', async ({ type, make }) => {
    const { privateKey } = make();
    const file = written(`pkcs8-${type}`, privateKey);
    const key = (await readPrivateKey(file, { at })) as ParsedKey;
    expect(key.type).toBe(type);
    const signature = key.sign('some text') as Buffer;
    expect(key.verify('some text', signature)).toBe(true);
    if (type !== 'ssh-ed25519') {
      // ssh-keygen reads these too: one more witness.
      const told = execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' });
      expect(told.split(' ')[1]?.trim()).toBe(key.getPublicSSH().toString('base64'));
    }
  });

  test('an encrypted PKCS#8 key is locked, and opens with its passphrase', async () => {
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: SPKI,
      privateKeyEncoding: { ...PKCS8, cipher: 'aes-256-cbc', passphrase: 'sesame' },
    });
    const file = written('pkcs8-locked', privateKey);
    expect(await readPrivateKey(file, { at })).toEqual({ locked: true, file });
    const key = await readPrivateKey(file, { at, passphrase: new Secret('sesame') });
    expect(key).toMatchObject({ type: 'ecdsa-sha2-nistp256' });
  });

  test.each([
    { about: 'a missing file', file: () => join(folder, 'nope'), says: 'does not exist' },
    { about: 'a folder', file: () => folder, says: 'cannot be read' },
    { about: 'a public key', file: () => join(folder, 'openssh-ed25519.pub'), says: 'public key' },
    { about: 'some other text', file: () => written('text', 'hello'), says: 'cannot be used' },
    { about: 'an empty file', file: () => written('empty', ''), says: 'cannot be used' },
    {
      about: 'a torn key',
      file: () => written('torn', readFileSync(join(folder, 'openssh-rsa'), 'utf8').slice(0, 400)),
      says: 'cannot be used',
    },
  ])('refuses $about and names it', async ({ file, says }) => {
    const name = file();
    await expect(readPrivateKey(name, { at })).rejects.toMatchObject({
      code: 'ssh/key-file',
      at,
      message: expect.stringMatching(new RegExp(`${name}.*${says}`)),
    });
  });
});

test("default keys are those of the home folder that exist, in OpenSSH's order of strength", () => {
  const home = join(folder, 'home');
  mkdirSync(join(home, '.ssh'), { recursive: true });
  for (const name of ['id_rsa', 'id_ed25519', 'id_dsa']) writeFileSync(join(home, '.ssh', name), '');
  expect(defaultKeyFiles(home)).toEqual([join(home, '.ssh/id_ed25519'), join(home, '.ssh/id_rsa')]);
  expect(defaultKeyFiles(join(folder, 'nobody'))).toEqual([]);
});

test('the key library still needs PKCS#8 converted; when this fails, the conversion can go', () => {
  const { privateKey } = generateKeyPairSync('ed25519', { publicKeyEncoding: SPKI, privateKeyEncoding: PKCS8 });
  expect(ssh2.utils.parseKey(privateKey)).toBeInstanceOf(Error);
});
