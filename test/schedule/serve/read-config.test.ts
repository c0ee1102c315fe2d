import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FixError } from '../../../src/core/error.js';
import { masked } from '../../../src/core/mask.js';
import { readServeConfig } from '../../../src/schedule/serve/read-config.js';
import { folderWith } from '../../support/cli.js';
import { START } from './made-up-daemon.js';

const FILES = {
  'prod.yaml': 'all:\n',
  'lab.yaml': 'all:\n',
  'strict.yaml': 'name: strict\n',
  key: 'a key',
  token: 'a-token-of-32-characters-or-more\n',
  'short-token': 'short\n',
  'hook-headers': '# of the hook\nAuthorization: Bearer 0123456789abcdef\n\nX-Team: flannel\n',
  'bad-headers': 'Authorization: ok\nno header, but s3cr3t-text\n',
};

const DEFAULTS = { stateFolder: '/var/lib/ff', now: START };

function read(text: string) {
  const folder = folderWith({ ...FILES, 'serve.yaml': text });
  return { folder, config: readServeConfig(join(folder, 'serve.yaml'), DEFAULTS) };
}

function refusal(text: string): string {
  const folder = folderWith({ ...FILES, 'serve.yaml': text });
  try {
    readServeConfig(join(folder, 'serve.yaml'), DEFAULTS);
  } catch (error) {
    if (error instanceof FixError) return `${error.at?.replace(`${folder}/`, '')}: ${error.message} [${error.code}]`;
    throw error;
  }
  return 'it was read';
}

const ONE = 'clusters:\n  - name: prod\n    inventory: prod.yaml\n';

test('the example of the documentation is read, whole', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/serve.md'), 'utf8');
  const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
  const { folder, config } = read(example);
  const [prod, lab] = config.clusters;
  expect(prod).toEqual({
    name: 'prod',
    inventory: join(folder, 'prod.yaml'),
    when: { kind: 'cron', pattern: '17 * * * *', timezone: 'Europe/Berlin' },
    jitterMs: 300_000,
    timeoutMs: 600_000,
    options: {
      ofCheck: [`--profile=${folder}/strict.yaml`, '--skip=FF401', `--private-key=${folder}/key`, '--ssh-config=none'],
      ofRun: [`--private-key=${folder}/key`, '--ssh-config=none'],
    },
    reports: [`prometheus=${folder}/prod.prom`],
    webhooks: [],
    remediate: { after: 3, only: ['FF101', 'FF102'], timeoutMs: 3_600_000 },
  });
  expect(lab?.remediate).toBeUndefined();
  expect(lab?.when).toEqual({ kind: 'every', ms: 900_000 });
  expect(config.webhooks[0]?.headers).toEqual({ authorization: 'Bearer 0123456789abcdef', 'x-team': 'flannel' });
  expect(config.listen.token).toBe('a-token-of-32-characters-or-more');
  expect(masked('T000/B000/XXXX 0123456789abcdef a-token-of-32-characters-or-more')).not.toMatch(/0123|a-token/);
});

test('what is left out', () => {
  const { config } = read(`${ONE}    every: 90\n`);
  expect(config).toMatchObject({ stateFolder: '/var/lib/ff', atOnce: 4, webhooks: [] });
  expect(config.listen).toEqual({ address: '127.0.0.1', port: 9844, token: undefined });
  expect(config.clusters[0]?.when).toEqual({ kind: 'every', ms: 90_000 });
});

describe('what is refused, with its place', () => {
  test.each([
    ['nothing', '', 'serve.yaml:1:1: clusters is missing, or empty [serve/invalid]'],
    ['no cluster', 'clusters: []\n', 'serve.yaml:1:1: clusters names no cluster [serve/invalid]'],
    ['an unknown key', `${ONE}    evry: 1h\n`, 'serve.yaml:4:5: there is no evry here [serve/invalid]'],
    ['an unknown key at the top', `${ONE}    every: 1h\nlisten_to: 1\n`, 'serve.yaml:5:1: there is no listen_to here'],
    ['neither cron nor every', ONE, 'serve.yaml:2:5: a cluster needs either cron or every'],
    ['both', `${ONE}    every: 1h\n    cron: "1 * * * *"\n`, 'a cluster needs either cron or every'],
    ['no cron', `${ONE}    cron: "61 * * * *"\n`, 'serve.yaml:4:5: cron cannot be read'],
    ['seconds in cron', `${ONE}    cron: "* * * * * *"\n`, 'serve.yaml:4:5: cron cannot be read'],
    ['a day that there is not', `${ONE}    cron: "0 0 30 2 *"\n`, 'cron names no day that there is'],
    ['no timezone', `${ONE}    cron: "1 * * * *"\n    timezone: Mars/Base\n`, 'cron cannot be read'],
    ['a timezone with every', `${ONE}    every: 1h\n    timezone: UTC\n`, 'serve.yaml:5:5: timezone goes with cron'],
    ['too often', `${ONE}    every: 1s\n`, 'serve.yaml:4:5: every has to be a time from 10s'],
    ['no time', `${ONE}    every: soon\n`, 'every has to be a time from 10s to 366d'],
    [
      'no inventory',
      ONE.replace('prod.yaml', 'gone.yaml').concat('    every: 1h\n'),
      'serve.yaml:3:5: cannot read the',
    ],
    [
      'a name with a slash',
      ONE.replace('name: prod', 'name: ../x').concat('    every: 1h\n'),
      'name has to be up to 60',
    ],
    ['no check', `${ONE}    every: 1h\n    check: { skip: [FF999] }\n`, 'there is no check FF999'],
    ['an option that asks', `${ONE}    every: 1h\n    check: { ask_pass: true }\n`, 'there is no ask_pass here'],
    ['no key file', `${ONE}    every: 1h\n    check: { private_key: gone }\n`, 'cannot read the file of private_key'],
    ['no format', `${ONE}    every: 1h\n    reports: [pdf=x]\n`, 'serve.yaml:5:15: --report: there is no format pdf'],
    ['a report to nowhere', `${ONE}    every: 1h\n    reports: [json=-]\n`, 'goes to a file, not to standard output'],
    ['remediate: true', `${ONE}    every: 1h\n    remediate: true\n`, 'remediate has to be a mapping'],
    ['mending at once', `${ONE}    every: 1h\n    remediate: { after: 1, only: [FF101] }\n`, 'from 2 to 1000'],
    ['mending of anything', `${ONE}    every: 1h\n    remediate: { after: 3 }\n`, 'only is missing, or empty'],
    ['http to others', `${ONE}    every: 1h\nwebhooks: [{ url: "http://a.test/", kind: plain }]\n`, 'begin with https'],
    ['no address', `${ONE}    every: 1h\nwebhooks: [{ url: "nope", kind: plain }]\n`, 'url is no address'],
    [
      'a password',
      `${ONE}    every: 1h\nwebhooks: [{ url: "https://u:p@a.test/", kind: plain }]\n`,
      'may not hold a user',
    ],
    ['a file', `${ONE}    every: 1h\nwebhooks: [{ url: "file:///etc/x", kind: plain }]\n`, 'has to begin with https'],
    ['another kind', `${ONE}    every: 1h\nwebhooks: [{ url: "https://a.test/", kind: irc }]\n`, 'slack or plain'],
    ['an open door', `${ONE}    every: 1h\nlisten: { address: 0.0.0.0 }\n`, 'listening on 0.0.0.0 needs a token'],
    ['an open door of IPv6', `${ONE}    every: 1h\nlisten: { address: "::" }\n`, 'listening on :: needs a token'],
    ['a name', `${ONE}    every: 1h\nlisten: { address: localhost }\n`, 'address has to be an IP address'],
    ['a short token', `${ONE}    every: 1h\nlisten: { token_file: short-token }\n`, 'the token has to be 16 to 512'],
    [
      'twins',
      `${ONE}    every: 1h\n${ONE.slice(10).replace('prod\n', 'PROD\n')}    every: 1h\n`,
      'two clusters are called',
    ],
    ['a key twice', `${ONE}    every: 1h\n    every: 2h\n`, 'every'],
  ])('%s', (_, text, expected) => {
    expect(refusal(text)).toContain(expected);
  });

  test('a header that is none, without showing it', () => {
    const hook = 'webhooks: [{ url: "https://a.test/", kind: plain, headers_file: bad-headers }]\n';
    const told = refusal(`${ONE}    every: 1h\n${hook}`);
    expect(told).toMatch(/^serve.yaml:5:51: line 2 of .*bad-headers is no header/);
    expect(told).not.toContain('s3cr3t');
  });

  test('a folder', () => {
    const folder = folderWith({});
    mkdirSync(join(folder, 'serve.yaml'));
    writeFileSync(join(folder, 'x'), '');
    expect(() => readServeConfig(join(folder, 'serve.yaml'), DEFAULTS)).toThrow('it is a folder');
  });
});
