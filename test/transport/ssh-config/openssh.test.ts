import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, hostname, tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { shellWords, sshArguments } from '../../../src/transport/ssh-arguments.js';
import { lookUpHost } from '../../../src/transport/ssh-config.js';
import { readSshConfig } from '../../../src/transport/ssh-config-file.js';
import { sshSettings } from '../../../src/transport/ssh-settings.js';
import { CASES, type ConfigCase } from './cases.js';

const folder = mkdtempSync(join(tmpdir(), 'test-ssh-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function written({ config, files = {} }: ConfigCase, index: number): string {
  const own = join(folder, String(index));
  const place = (text: string) => text.replaceAll('FOLDER', own);
  for (const [name, text] of Object.entries({ ...files, config })) {
    mkdirSync(dirname(join(own, name)), { recursive: true });
    writeFileSync(join(own, name), place(text), { mode: 0o600 });
  }
  return join(own, 'config');
}

/** What we say, in the words of `ssh -G`. */
function ours(one: ConfigCase, file: string): Record<string, unknown> {
  const folders = { home: homedir(), env: (name: string) => process.env[name] };
  const localUser = userInfo().username;
  const quoted = (one.options ?? []).map((word) => `'${word}'`).join(' ');
  const given = sshArguments(quoted, { at: 'options' }).lines;
  const files = [readSshConfig({ file, kind: 'user', required: true }, folders)];
  const found = lookUpHost({ host: one.host, given, files, localUser });
  const is = sshSettings(found, one.host, { ...folders, localUser, localHost: hostname() });
  const method = (name: 'password' | 'publickey' | 'keyboard-interactive') => is.methods.includes(name);
  return {
    hostname: is.hostName,
    port: String(is.port),
    user: is.user,
    identityfile: is.identityFiles,
    identitiesonly: is.identitiesOnly ? 'yes' : 'no',
    identityagent: is.agentSocket === '' ? 'none' : is.agentSocket,
    proxyjump: is.jumps.length === 0 ? undefined : is.jumps.map(jumpText).join(','),
    proxycommand: undefined,
    userknownhostsfile: is.userKnownHostsFiles?.join(' '),
    globalknownhostsfile: is.globalKnownHostsFiles?.join(' '),
    stricthostkeychecking: is.strictHostKeyChecking === 'no' ? 'false' : is.strictHostKeyChecking,
    hostkeyalias: is.hostKeyAlias,
    hashknownhosts: is.hashKnownHosts ? 'yes' : 'no',
    connecttimeout: String(is.connectTimeoutSeconds),
    serveraliveinterval: String(is.keepaliveSeconds),
    serveralivecountmax: String(is.keepaliveCountMax),
    passwordauthentication: method('password') ? 'yes' : 'no',
    pubkeyauthentication: method('publickey') ? 'true' : 'false',
    kbdinteractiveauthentication: method('keyboard-interactive') ? 'yes' : 'no',
    addressfamily: is.addressFamily === 4 ? 'inet' : 'any',
    preferredauthentications: is.methods.join(','),
  };
}

/** As ssh writes it: without the usual port. */
function jumpText({ user, host, port }: { user: string | undefined; host: string; port: number | undefined }): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${user === undefined ? '' : `${user}@`}${name}${port === undefined || port === 22 ? '' : `:${port}`}`;
}

describe('a configuration is read as OpenSSH reads it', () => {
  test.each(CASES.map((one, index) => ({ ...one, index })))('$about', ({ index, ...one }) => {
    const says = ours(one, written(one, index));
    expect(Object.fromEntries(Object.keys(one.says).map((key) => [key, says[key]]))).toEqual(one.says);
  });
});

const hasSsh = spawnSync('ssh', ['-V']).status === 0;

describe.runIf(hasSsh)('what was recorded is what the ssh of this machine says', () => {
  test.each(CASES.map((one, index) => ({ ...one, index })))('$about', ({ index, ...one }) => {
    const file = written(one, index);
    const told = execFileSync('ssh', ['-G', '-F', file, ...(one.options ?? []), one.host], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const says: Record<string, string[]> = {};
    for (const line of told.trim().split('\n')) {
      const [, key = '', value = ''] = /^(\S+) ?(.*)$/.exec(line) ?? [];
      says[key] = [...(says[key] ?? []), value];
    }
    for (const [key, value] of Object.entries(one.says)) {
      expect({ [key]: says[key] }).toEqual({ [key]: typeof value === 'string' ? [value] : value });
    }
  });
});

test('words are split as a POSIX shell splits them', () => {
  const line = `-o 'a b' "c \\"d\\"" e\\ f 'g'"h" `;
  const told = execFileSync('sh', ['-c', `printf '%s\\n' ${line}`], { encoding: 'utf8' });
  expect(shellWords(line)).toEqual(told.trim().split('\n'));
});
