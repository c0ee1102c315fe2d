import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { FixError } from '../../../src/core/error.js';
import { sshArguments } from '../../../src/transport/ssh-arguments.js';
import { lookUpHost } from '../../../src/transport/ssh-config.js';
import { readSshConfig } from '../../../src/transport/ssh-config-file.js';
import { parseSshConfig } from '../../../src/transport/ssh-config-line.js';
import { sshSettings } from '../../../src/transport/ssh-settings.js';
import { anyText } from '../../support/any-text.js';
import { cpuMsSince, slowness } from '../../support/cpu.js';

const home = mkdtempSync(join(tmpdir(), 'test-ssh-home-'));
mkdirSync(join(home, '.ssh'));
afterAll(() => rmSync(home, { recursive: true }));

const env = (name: string) => ({ SSH_AUTH_SOCK: '/run/me/agent', KEYS: '/keys' })[name];
const asker = { home, localUser: 'me', localHost: 'desk.example.com', env };

function file(name: string, text: string): string {
  const path = join(home, '.ssh', name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

function settingsOf(config: string, host = 'web', args = '') {
  const items = parseSshConfig(config, '~/.ssh/config').map((line) => ({ line }));
  const given = sshArguments(args, { at: 'args' }).lines;
  return sshSettings(lookUpHost({ host, given, files: [items], localUser: 'me' }), host, asker);
}

const failureOf = (work: () => unknown): FixError => {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(FixError);
    return error as FixError;
  }
  throw new Error('it did not fail');
};

describe('tokens and names', () => {
  test.each([
    { config: 'IdentityFile ~/.ssh/%h_%p_%r', identityFiles: ['/HOME/.ssh/web_22_me'] },
    {
      config: 'HostName real\nPort 23\nUser ops\nIdentityFile %d/%n-%h-%p-%r-%u',
      identityFiles: ['/HOME/web-real-23-ops-me'],
    },
    { config: 'IdentityFile /%%h', identityFiles: ['/%h'] },
    { config: 'IdentityFile ${KEYS}/a', identityFiles: ['/keys/a'] },
    { config: 'IdentityFile /%L/%l', identityFiles: ['/desk/desk.example.com'] },
    { config: 'HostKeyAlias cluster\nIdentityFile /%k', identityFiles: ['/cluster'] },
    { config: 'IdentityFile none', identityFiles: [] },
    { config: 'IdentityAgent SSH_AUTH_SOCK', agentSocket: '/run/me/agent' },
    { config: 'IdentityAgent $SSH_AUTH_SOCK', agentSocket: '/run/me/agent' },
    { config: 'IdentityAgent $NOT_SET', agentSocket: '' },
    { config: 'IdentityAgent none', agentSocket: '' },
    { config: 'IdentityAgent ~/agent-%r', agentSocket: '/HOME/agent-me' },
    { config: 'UserKnownHostsFile ~/.ssh/k1 ~/.ssh/%n', userKnownHostsFiles: ['/HOME/.ssh/k1', '/HOME/.ssh/web'] },
    { config: 'UserKnownHostsFile none', userKnownHostsFiles: [] },
    { config: 'PreferredAuthentications gssapi-with-mic,password', methods: ['password'] },
    { config: 'PubkeyAuthentication no', methods: ['password', 'keyboard-interactive'] },
  ])('$config', ({ config, ...is }) => {
    const atHome = JSON.parse(JSON.stringify(is).replaceAll('/HOME', home));
    expect(settingsOf(config)).toMatchObject(atHome);
  });

  test.each([
    { config: 'IdentityFile /%C/x', says: '%C' },
    { config: 'IdentityFile /x%', says: '%' },
    { config: 'IdentityFile ${NOT_SET}/a', says: 'NOT_SET' },
    { config: 'HostName %p', says: '%p' },
    { config: 'Port 0', says: '1 to 65535' },
    { config: 'Port ssh', says: '1 to 65535' },
    { config: 'ConnectTimeout soon', says: 'seconds' },
    { config: 'StrictHostKeyChecking perhaps', says: 'accept-new' },
    { config: 'IdentitiesOnly perhaps', says: 'yes' },
    { config: 'Ciphers nobody-knows', says: 'none is supported' },
    { config: 'ProxyJump -oX', says: '[user@]host[:port]' },
    { config: 'ProxyJump gate:0', says: '[user@]host[:port]' },
    { config: 'RevokedHostKeys /krl', says: '@revoked' },
  ])('$config is refused with its line', ({ config, says }) => {
    const error = failureOf(() => settingsOf(`# first\n${config}\n`));
    expect(error).toMatchObject({ code: 'ssh/config', at: '~/.ssh/config:2' });
    expect(error.message).toContain(says);
    expect(error.hint).toContain('--ssh-config');
  });

  test('a line that is wrong in a block of others does not matter', () => {
    expect(settingsOf('Host other\n  Port none\n').port).toBe(22);
  });
});

describe('algorithms', () => {
  test.each([
    {
      config: 'KexAlgorithms +diffie-hellman-group1-sha1',
      of: 'kex',
      first: 'curve25519-sha256',
      last: 'diffie-hellman-group1-sha1',
    },
    { config: 'Ciphers ^3des-cbc', of: 'cipher', first: '3des-cbc', last: 'chacha20-poly1305@openssh.com' },
    { config: 'Ciphers aes256-ctr,sntrup-unknown,aes128-ctr', of: 'cipher', all: ['aes256-ctr', 'aes128-ctr'] },
    { config: 'Ciphers *-cbc', of: 'cipher', all: ['aes256-cbc', 'aes192-cbc', 'aes128-cbc', '3des-cbc'] },
    { config: 'MACs -*-etm@openssh.com,hmac-sha1', of: 'hmac', all: ['hmac-sha2-256', 'hmac-sha2-512'] },
    { config: 'HostKeyAlgorithms ssh-rsa', of: 'serverHostKey', all: ['ssh-rsa'] },
  ] as const)('$config', ({ config, of, ...is }) => {
    const named = settingsOf(config).algorithms[of] ?? [];
    if ('all' in is) expect(named).toEqual(is.all);
    else expect([named[0], named.at(-1)]).toEqual([is.first, is.last]);
  });

  test('a host whose configuration names none keeps the usual ones', () => {
    const config = 'Host old\n  KexAlgorithms +diffie-hellman-group1-sha1\n  Ciphers +3des-cbc\n';
    expect(Object.values(settingsOf(config, 'web').algorithms).filter(Boolean)).toEqual([]);
    expect(settingsOf(config, 'old').algorithms.cipher).toContain('3des-cbc');
  });
});

describe('what is not honoured', () => {
  test.each([
    { config: 'ForwardAgent yes', says: ['~/.ssh/config:1: ForwardAgent yes is not honoured'] },
    { config: 'ForwardAgent no', says: [] },
    { config: 'CertificateFile ~/cert', says: ['~/.ssh/config:1: CertificateFile ~/cert is not honoured'] },
    {
      config: 'PubkeyAcceptedKeyTypes +ssh-rsa',
      says: ['~/.ssh/config:1: PubkeyAcceptedKeyTypes +ssh-rsa is not honoured'],
    },
    { config: 'FrobnicateHosts yes', says: ['~/.ssh/config:1: FrobnicateHosts yes is not honoured'] },
    { config: 'BindAddress 10.0.0.1', says: ['~/.ssh/config:1: BindAddress 10.0.0.1 is not honoured'] },
    { config: 'VerifyHostKeyDNS no\nKnownHostsCommand none\nTunnel no', says: [] },
    {
      about: 'what Debian and Red Hat ship',
      config: 'SendEnv LANG LC_*\nHashKnownHosts yes\nGSSAPIAuthentication yes\nForwardX11Trusted yes\n',
      says: [],
    },
    {
      about: 'multiplexing, logs and terminals',
      config:
        'ControlMaster auto\nControlPath ~/%C\nControlPersist 60\nLogLevel DEBUG\nRequestTTY no\nAddKeysToAgent yes',
      says: [],
    },
    {
      about: 'a command as a condition',
      config: 'Match host web exec "touch /nowhere/x"\n  Port 9\nMatch all\n  User ops\n',
      says: [
        '~/.ssh/config:1: Match exec is not honoured (no command of a configuration is run); the lines under it are passed over',
      ],
    },
    { about: 'the same for another host', config: 'Match host db exec "true"\n  Port 9\n', says: [] },
    {
      about: 'a second pass',
      config: 'Match final host web\n  Port 9\n',
      says: ['~/.ssh/config:1: Match final is not honoured; the lines under it are passed over'],
    },
  ])('$config $about', ({ config, says }) => {
    const settings = settingsOf(config);
    expect(settings.notHonoured).toEqual(says);
    expect(settings.port).toBe(22);
  });
});

describe('proxies', () => {
  const jump = (more: object) => ({ user: undefined, port: undefined, ...more });
  test.each([
    { config: 'ProxyJump gate', jumps: [jump({ host: 'gate' })] },
    { config: 'ProxyJump ssh://me@gate:23', jumps: [jump({ host: 'gate', user: 'me', port: 23 })] },
    { config: 'ProxyJump me@a, b:24', jumps: [jump({ host: 'a', user: 'me' }), jump({ host: 'b', port: 24 })] },
    { config: 'ProxyJump %r@gate-%h', jumps: [jump({ host: 'gate-web', user: 'me' })] },
    { config: 'ProxyJump none', jumps: [] },
    { config: 'ProxyCommand none', jumps: [] },
    { config: 'ProxyCommand ssh -W %h:%p gate', jumps: [jump({ host: 'gate' })] },
    { config: 'ProxyCommand ssh -q -W [%h]:%p me@gate', jumps: [jump({ host: 'gate', user: 'me' })] },
    { config: 'ProxyCommand=exec /usr/bin/ssh gate -W %h:%p 2>/dev/null', jumps: [jump({ host: 'gate' })] },
  ])('$config', ({ config, jumps }) => {
    expect(settingsOf(config).jumps).toMatchObject(jumps);
  });

  test('the options of a ProxyCommand are those of the jump host', () => {
    const config = "ProxyCommand ssh -i '~/my key' -p 23 -F /other -o UserKnownHostsFile=/k -W %h:%p gate";
    const [gate] = settingsOf(config).jumps;
    expect(gate?.configFile).toBe('/other');
    expect(gate?.given.map(({ written, words }) => [written, ...words])).toEqual([
      ['IdentityFile', '~/my key'],
      ['Port', '23'],
      ['UserKnownHostsFile', '/k'],
    ]);
  });

  test.each([
    'nc -X connect -x proxy:3128 %h %p',
    'ssh gate nc %h %p',
    'ssh -W other:22 gate',
    'ssh -W %h:%p gate; touch /x',
    'ssh -W %h:%p $(gate)',
    'ssh -D 1080 -W %h:%p gate',
    'ssh -W %h:%p',
    '/tmp/ssh -W %h:%p gate',
    'cloudflared access ssh --hostname %h',
  ])('ProxyCommand %s is refused: to go directly would not be what was asked for', (command) => {
    expect(failureOf(() => settingsOf(`ProxyCommand ${command}`))).toMatchObject({
      code: 'ssh/config',
      message: expect.stringContaining('is not run'),
    });
  });
});

describe('files', () => {
  const read = (path: string) => readSshConfig({ file: path, kind: 'user' }, { home, env });

  test('relative includes are taken from ~/.ssh, with ~ and variables', () => {
    file('sub', 'Port 5\n');
    const items = read(file('top', 'Include sub ~/.ssh/sub ${KEYS}/none\n'));
    expect(items[0]?.included?.map((one) => one[0]?.line.words)).toEqual([['5'], ['5'], undefined]);
  });

  test('a file that is not there is empty, and one that is named has to be there', () => {
    expect(read(join(home, 'none'))).toEqual([]);
    const named = { file: join(home, 'none'), kind: 'user', required: true } as const;
    expect(failureOf(() => readSshConfig(named, { home, env }))).toMatchObject({ code: 'file/missing' });
    expect(failureOf(() => read(home))).toMatchObject({ code: 'file/missing' });
  });

  test('a file that others may write is not trusted', () => {
    const open = file('open', 'Port 5\n');
    chmodSync(open, 0o666);
    expect(failureOf(() => read(open))).toMatchObject({ code: 'ssh/config', hint: expect.stringContaining('chmod') });
    expect(failureOf(() => read(file('includes-open', `Include ${open}\n`)))).toMatchObject({ code: 'ssh/config' });
  });

  test.each([
    { about: 'itself', files: { cycle: 'Include cycle\n' } },
    { about: 'a circle of two', files: { cycle: 'Include cycle2\n', cycle2: 'Port 1\nInclude cycle\n' } },
    { about: 'a pattern that fits itself', files: { cycle: 'Include cycl*\n' } },
  ])('an include of $about ends with its line', ({ files }) => {
    for (const [name, text] of Object.entries(files)) file(name, text);
    const error = failureOf(() => read(join(home, '.ssh', 'cycle')));
    expect(error).toMatchObject({ code: 'ssh/config', message: expect.stringContaining('includes') });
    for (const name of Object.keys(files)) rmSync(join(home, '.ssh', name));
  });

  test('includes that double at every level end quickly', () => {
    for (let level = 0; level < 15; level += 1)
      file(`double${level}`, `Include double${level + 1} double${level + 1}\n`);
    const start = process.cpuUsage();
    expect(failureOf(() => read(join(home, '.ssh', 'double0')))).toMatchObject({ code: 'ssh/config' });
    expect(cpuMsSince(start)).toBeLessThan(10_000 * slowness());
  });

  test('a chain of more than 16 files, and a file over 4 MiB', () => {
    for (let level = 0; level < 18; level += 1) file(`deep${level}`, `Include deep${level + 1}\n`);
    expect(failureOf(() => read(join(home, '.ssh', 'deep0'))).message).toContain('16 deep');
    expect(failureOf(() => read(file('huge', '#'.repeat(4_200_000)))).message).toContain('4 MiB');
  });
});

describe('any text', () => {
  const read = (text: string) => {
    const items = parseSshConfig(text, 'f').map((line) => ({ line }));
    const found = lookUpHost({ host: 'web', given: [], files: [items], localUser: 'me' });
    return sshSettings(found, 'web', asker);
  };
  const piece = fc.constantFrom(
    ...[
      'Host',
      'Match',
      'exec',
      'host',
      'final',
      'all',
      'ProxyCommand',
      'ProxyJump',
      'IdentityFile',
      'Include',
      'Port',
    ],
    ...[
      ' ',
      '\t',
      '\n',
      '\r',
      '=',
      '"',
      "'",
      '\\',
      '#',
      '%h',
      '%',
      '${',
      '}',
      '*',
      '!',
      ',',
      '[',
      '@',
      ':',
      '22',
      '\0',
    ],
    ...[
      'ssh -W %h:%p ',
      '-o',
      '-J',
      'gate',
      'Ciphers',
      '+',
      '^',
      '~',
      'Nothing',
      'User',
      'é',
      '__proto__',
      'constructor',
    ],
  );

  test('is read, or refused with a FixError', () => {
    const text = fc.oneof(
      anyText({ maxLength: 300 }),
      fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(text, (config) => {
        try {
          read(config);
        } catch (error) {
          expect(error).toBeInstanceOf(FixError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    { about: 'one line of blanks', text: `Host ${' '.repeat(1_000_000)}x` },
    { about: 'one word', text: `Host ${'a'.repeat(1_000_000)}` },
    { about: 'one line of stars', text: `Host ${'*a'.repeat(500_000)}` },
    { about: 'backslashes', text: `User ${'\\'.repeat(1_000_000)}` },
    { about: 'quotes', text: `User ${'"a"'.repeat(333_333)}` },
    { about: 'patterns', text: `Host ${'a* '.repeat(333_333)}` },
    { about: 'conditions', text: `Match ${'host a '.repeat(142_857)}` },
    { about: 'quotes in conditions', text: `Match ${'"'.repeat(1_000_000)}` },
    { about: 'short lines', text: 'Port 22\n'.repeat(125_000) },
    { about: 'blocks', text: 'Host a\nPort 1\n'.repeat(70_000) },
    { about: 'identity files', text: 'IdentityFile /%h/%p\n'.repeat(50_000) },
    { about: 'jump hosts', text: `ProxyJump ${'a,'.repeat(499_999)}b` },
    { about: 'a command', text: `ProxyCommand ssh ${'-q '.repeat(333_333)}` },
    { about: 'algorithms', text: `Ciphers ${'*,'.repeat(200_000)}aes128-ctr` },
    { about: 'tokens', text: `IdentityFile ${'%h'.repeat(500_000)}` },
    { about: 'an unclosed quote at a command', text: `ProxyCommand ${"'a".repeat(500_000)}` },
  ])('1 MB of $about takes no more than seconds of a processor', ({ text }) => {
    const start = process.cpuUsage();
    try {
      read(text);
    } catch (error) {
      expect(error).toBeInstanceOf(FixError);
      expect((error as FixError).message.length).toBeLessThan(2000);
    }
    // Work that grows with the square would take minutes.
    expect(cpuMsSince(start)).toBeLessThan(8000 * slowness());
  });
});
