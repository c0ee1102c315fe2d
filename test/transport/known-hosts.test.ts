import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import {
  fingerprint,
  judgeHostKey,
  keyType,
  knownKeyTypes,
  parseKnownHosts,
  readKnownHosts,
} from '../../src/transport/known-hosts.js';
import { anyText } from '../support/any-text.js';
import { cpuMsSince, slowness } from '../support/cpu.js';
import { ALL } from '../support/in-gate.js';
import { makeKey } from '../support/sshd.js';

const folder = mkdtempSync(join(tmpdir(), 'test-known-hosts-'));
afterAll(() => rmSync(folder, { recursive: true }));

function key(name: string, type: 'ed25519' | 'ecdsa' | 'rsa' = 'ed25519') {
  const file = join(folder, name);
  makeKey(file, type);
  const line = readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
  return { line, blob: Buffer.from(line.split(' ')[1] ?? '', 'base64'), file: `${file}.pub` };
}

const [K, OTHER, RSA] = [key('k'), key('other'), key('rsa', 'rsa')];
const HASHED = hashed(`node1 ${K.line}\n[node2]:2222 ${K.line}\n`);

describe('judgeHostKey', () => {
  test.each([
    { about: 'the very key', file: `node1 ${K.line}`, verdict: 'known' },
    { about: 'a key with a comment behind it', file: `node1 ${K.line} root@node1 more`, verdict: 'known' },
    { about: 'tabs and blanks around', file: `  node1\t${K.line.replace(' ', '\t')}  `, verdict: 'known' },
    { about: 'a CRLF file', file: `node1 ${K.line}\r\n`, verdict: 'known' },
    { about: 'capitals in the file', file: `NODE1 ${K.line}`, verdict: 'known' },
    { about: 'one of several names', file: `a,node1,10.0.0.1 ${K.line}`, verdict: 'known' },
    { about: 'the second line of a host', file: `node1 ${OTHER.line}\nnode1 ${K.line}`, verdict: 'known' },
    { about: 'a wildcard', file: `node? ${K.line}`, verdict: 'known' },
    { about: 'a star', file: `n*1 ${K.line}`, verdict: 'known' },
    { about: 'a negated name', file: `node*,!node1 ${K.line}`, verdict: 'unknown' },
    { about: 'a negation that is about another', file: `node*,!node2 ${K.line}`, verdict: 'known' },
    { about: 'a hashed name', file: HASHED, verdict: 'known' },
    { about: 'a name that only begins alike', file: `node10 ${K.line}`, verdict: 'unknown' },
    { about: 'a line that is commented out', file: `# node1 ${K.line}`, verdict: 'unknown' },
    { about: 'a torn line', file: 'node1 ssh-ed25519', verdict: 'unknown' },
    { about: 'an unknown marker', file: `@some-marker node1 ${K.line}`, verdict: 'unknown' },
    { about: 'nothing', file: '', verdict: 'unknown' },
    { about: 'another key of the type', file: `node1 ${OTHER.line}`, verdict: 'changed' },
    { about: 'only a key of another type', file: `node1 ${RSA.line}`, verdict: 'changed' },
    { about: 'a revoked key', file: `@revoked * ${K.line}`, verdict: 'revoked' },
    { about: 'a key both known and revoked', file: `node1 ${K.line}\n@revoked node1 ${K.line}`, verdict: 'revoked' },
    { about: 'another key revoked', file: `@revoked * ${OTHER.line}\nnode1 ${K.line}`, verdict: 'known' },
    { about: 'a certificate authority alone', file: `@cert-authority node* ${OTHER.line}`, verdict: 'authority' },
    {
      about: 'an authority beside the key',
      file: `@cert-authority * ${OTHER.line}\nnode1 ${K.line}`,
      verdict: 'known',
    },
    { about: "an authority's key shown by the host", file: `@cert-authority node1 ${K.line}`, verdict: 'authority' },
  ])('$about: $verdict', ({ file, verdict }) => {
    const entries = parseKnownHosts(file, 'known_hosts');
    expect(judgeHostKey(entries, { host: 'node1', port: 22 }, K.blob).kind).toBe(verdict);
  });

  test.each([
    { about: 'the entry of that port', file: `[node2]:2222 ${K.line}`, verdict: 'known' },
    { about: 'a hashed entry of that port', file: HASHED, verdict: 'known' },
    { about: 'the bare host vouching', file: `node2 ${K.line}`, verdict: 'known' },
    { about: 'the bare host cannot accuse', file: `node2 ${OTHER.line}`, verdict: 'unknown' },
    {
      about: 'the entry of the port goes before the bare host',
      file: `[node2]:2222 ${OTHER.line}\nnode2 ${K.line}`,
      verdict: 'changed',
    },
    { about: 'another port', file: `[node2]:2223 ${K.line}`, verdict: 'unknown' },
    { about: 'revoked for the bare host', file: `@revoked node2 ${K.line}`, verdict: 'revoked' },
  ])('on port 2222, $about: $verdict', ({ file, verdict }) => {
    const entries = parseKnownHosts(file, 'known_hosts');
    expect(judgeHostKey(entries, { host: 'node2', port: 2222 }, K.blob).kind).toBe(verdict);
  });

  test('names the file and line of a changed key', () => {
    const entries = parseKnownHosts(`# one\n\nnode1 ${OTHER.line}\n`, '/etc/known');
    const verdict = judgeHostKey(entries, { host: 'node1', port: 22 }, K.blob);
    expect(verdict).toMatchObject({ kind: 'changed', entry: { file: '/etc/known', line: 3 } });
  });

  test('any text as a file gives a verdict, never an error and never a key that is not in it', () => {
    fc.assert(
      fc.property(anyText(), fc.string(), (text, host) => {
        const verdict = judgeHostKey(parseKnownHosts(text, 'f'), { host, port: 22 }, K.blob);
        expect(verdict.kind).not.toBe('known');
      }),
    );
  });

  test('a pattern of many stars takes no time', () => {
    const entries = parseKnownHosts(`${'*a'.repeat(2000)}b ${K.line}`, 'f');
    const start = process.cpuUsage();
    expect(judgeHostKey(entries, { host: 'a'.repeat(5000), port: 22 }, K.blob).kind).toBe('unknown');
    expect(cpuMsSince(start)).toBeLessThan(10_000 * slowness());
  });
});

describe('a name is found as OpenSSH finds it', () => {
  const file = join(folder, 'names');
  writeFileSync(
    file,
    [
      ...['plain', 'a,b,10.0.0.1', 'Capital', '*.example.com,!bad.example.com', '!alone', 'web?', '[gate]:2222'],
      ...['2001:db8::1', '[2001:db8::2]:2222', '[*.lab]:2200', 'x*,*y', '10.1.*.*,!10.1.2.*', '*', '!none,*z'],
    ]
      .map((names, index) => `${names} ${index % 2 === 0 ? K.line : OTHER.line} line${index}`)
      .concat(HASHED, 'torn ssh-ed25519', '@odd h ssh-ed25519 AAAA', '# plain x y', '', '\0\u001b[31m', 'only-one-word')
      .join('\n'),
  );
  const withoutStar = readFileSync(file, 'utf8').replace(/^\* .*$/m, '');
  writeFileSync(file, withoutStar);
  const entries = parseKnownHosts(withoutStar, file);

  test.each([
    ...['plain', 'PLAIN', 'a', 'b', 'c', '10.0.0.1', 'capital', 'ok.example.com', 'bad.example.com', 'example.com'],
    ...['alone', 'web1', 'web12', 'web', '[gate]:2222', 'gate', '[gate]:22', '2001:db8::1', '[2001:db8::2]:2222'],
    ...['[n.lab]:2200', 'n.lab', 'xy', 'x', 'y', 'q', '10.1.3.4', '10.1.2.4', 'none', 'none-z', 'torn', 'h', 'node1'],
    ...['[node2]:2222', 'node2'],
  ])('%s', (name) => {
    const [, host = name, port = '22'] = /^\[(.*)\]:(\d+)$/.exec(name) ?? [];
    const told = spawnSync('ssh-keygen', ['-F', name, '-f', file], { encoding: 'utf8' }).stdout;
    const keys = told.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const place = { host, port: Number(port) };
    const isThere = (blob: Buffer) => {
      const verdict = judgeHostKey(entries, place, blob);
      return verdict.kind === 'known' || verdict.kind === 'changed';
    };
    // `ssh-keygen -F` looks for the very name, without the bare host that ssh falls back to.
    if (port === '22' || keys.length > 0) expect(isThere(K.blob)).toBe(keys.length > 0);
    else expect(judgeHostKey(entries, place, K.blob).kind).not.toBe('changed');
  });
});

/** Each has a place in which a reader could be slow; a fifth of it would still take far too long if it were. */
const MEGABYTES = ALL ? 10 : 2;

test.each([
  { about: 'plain names', line: (i: number) => `host${i}.example.com,10.0.${i >> 8}.${i & 255} ${K.line}` },
  { about: 'broken lines', line: (i: number) => `host${i} ssh-ed25519 ${'@'.repeat(60)}\n|1|broken|${i} x\n\0\0` },
  { about: 'patterns', line: (i: number) => `*${i}*.example.com,!bad${i} ${K.line}` },
])(`${MEGABYTES} MB of $about: parsed once, and a hundred hosts are then looked up quickly`, ({ line }) => {
  const one = line(12_345).length + 1;
  const text = Array.from({ length: Math.ceil((MEGABYTES * 1_000_000) / one) }, (_, index) => line(index)).join('\n');
  const file = join(folder, 'large');
  writeFileSync(file, `${text}\nnode1 ${K.line}\n`);
  const known = readKnownHosts([file]);
  const start = process.cpuUsage();
  expect(known.judge({ host: 'node1', port: 22 }, K.blob).kind).toBe('known');
  for (let index = 0; index < 20; index += 1) known.types({ host: `unheard-of-${index}`, port: 22 });
  for (let index = 0; index < 100; index += 1) known.judge({ host: 'node1', port: 22 }, OTHER.blob);
  expect(cpuMsSince(start)).toBeLessThan(MEGABYTES * 1000 * slowness());
});

test('a new name is recorded hashed where that is asked for, and OpenSSH finds it', () => {
  const file = join(folder, 'hashed-new');
  const known = readKnownHosts([file], { hashNames: true });
  expect(known.remember({ host: 'node7', port: 2222 }, K.blob).kind).toBe('unknown');
  expect(readFileSync(file, 'utf8')).toMatch(/^\|1\|\S+\|\S+ ssh-ed25519 /);
  expect(known.judge({ host: 'node7', port: 2222 }, K.blob).kind).toBe('known');
  expect(execFileSync('ssh-keygen', ['-F', '[node7]:2222', '-f', file], { encoding: 'utf8' })).toContain(K.line);
});

test('an entry in any of several files counts, and a revocation in any of them', () => {
  const [one, two] = [join(folder, 'one'), join(folder, 'two')];
  writeFileSync(one, `node9 ${K.line}\n`);
  writeFileSync(two, `node8 ${K.line}\n@revoked * ${OTHER.line}\n`);
  const known = readKnownHosts([one, join(folder, 'not-there'), two]);
  expect(['node8', 'node9'].map((host) => known.judge({ host, port: 22 }, K.blob).kind)).toEqual(['known', 'known']);
  expect(known.judge({ host: 'node9', port: 22 }, OTHER.blob)).toMatchObject({ kind: 'revoked', entry: { file: two } });
});

test('key types known for a place, those of its own port first', () => {
  const entries = parseKnownHosts(`node1 ${RSA.line}\n[node1]:2222 ${K.line}\n@revoked * ${OTHER.line}`, 'f');
  expect(knownKeyTypes(entries, { host: 'node1', port: 22 })).toEqual(['ssh-rsa']);
  expect(knownKeyTypes(entries, { host: 'node1', port: 2222 })).toEqual(['ssh-ed25519']);
  expect(knownKeyTypes(entries, { host: 'node1', port: 2223 })).toEqual(['ssh-rsa']);
});

test('fingerprints and types are those of ssh-keygen', () => {
  for (const one of [K, RSA]) {
    const told = execFileSync('ssh-keygen', ['-l', '-f', one.file], { encoding: 'utf8' });
    expect(told.split(' ')[1]).toBe(fingerprint(one.blob));
    expect(keyType(one.blob)).toBe(one.line.split(' ')[0]);
  }
});

describe('remember', () => {
  const place = { host: 'node1', port: 2222 };

  test('makes a file that only its owner can read, and OpenSSH finds the key in it', () => {
    const file = join(folder, 'made', 'known_hosts');
    const known = readKnownHosts([file]);
    expect(known.judge(place, K.blob).kind).toBe('unknown');
    expect(known.remember(place, K.blob).kind).toBe('unknown');
    expect(known.judge(place, K.blob).kind).toBe('known');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(execFileSync('ssh-keygen', ['-F', '[node1]:2222', '-f', file], { encoding: 'utf8' })).toContain(K.line);
  });

  test('adds to a file without a last newline, and leaves what it says', () => {
    const file = join(folder, 'no-newline');
    writeFileSync(file, `# mine\nnode9 ${OTHER.line}`);
    readKnownHosts([file, join(folder, 'second')]).remember(place, K.blob);
    expect(readFileSync(file, 'utf8')).toBe(`# mine\nnode9 ${OTHER.line}\n[node1]:2222 ${K.line}\n`);
  });

  test('adds nothing twice, and nothing over a key that came in between', () => {
    const file = join(folder, 'twice');
    const known = readKnownHosts([file]);
    known.judge(place, K.blob);
    writeFileSync(file, `[node1]:2222 ${OTHER.line}\n`); // another program
    expect(known.remember(place, K.blob).kind).toBe('changed');
    expect(readKnownHosts([file]).remember(place, OTHER.blob).kind).toBe('known');
    expect(readFileSync(file, 'utf8')).toBe(`[node1]:2222 ${OTHER.line}\n`);
  });

  test('says which file cannot be written', () => {
    const file = join(K.file, 'known_hosts'); // a file stands where the folder should be
    expect(() => readKnownHosts([file]).remember(place, K.blob)).toThrow(
      expect.objectContaining({ code: 'ssh/key-file', message: expect.stringContaining(file) }),
    );
  });
});

function hashed(text: string): string {
  const file = join(folder, 'hashed');
  writeFileSync(file, text);
  execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
  return readFileSync(file, 'utf8');
}
