import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readCfgFile } from '../../src/cli/ansible-cfg-file.js';
import { type AnsibleSettings, ansibleConfig, readAnsibleConfig } from '../../src/cli/ansible-config.js';

const AROUND = { cwd: '/work', home: '/home/me', env: {} };
const FILE = '/etc/x/ansible.cfg';

const of = (text: string, env: Record<string, string> = {}) =>
  ansibleConfig({ file: FILE, text }, { ...AROUND, env: { NAME: 'web', ...env } });

/** The values alone. */
function valuesOf(settings: AnsibleSettings): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).map(([name, { value }]) => [name, value]));
}

describe('readCfgFile', () => {
  test('reads sections, both separators, comments and values over several lines', () => {
    const text = `# a comment
[defaults]
Forks = 10 ; behind a value
  ; indented
inventory: a,
  # between
  b
url = x;y
empty =

[ssh_connection]
ssh_args = -o A=b # not a comment
`;
    expect(readCfgFile(text, 'f')).toEqual([
      { section: 'defaults', key: 'forks', value: '10', at: 'f:3' },
      { section: 'defaults', key: 'inventory', value: 'a,\nb', at: 'f:5' },
      { section: 'defaults', key: 'url', value: 'x;y', at: 'f:8' },
      { section: 'defaults', key: 'empty', value: '', at: 'f:9' },
      { section: 'ssh_connection', key: 'ssh_args', value: '-o A=b # not a comment', at: 'f:12' },
    ]);
  });

  test.each([
    { about: 'a line before any section', text: 'forks = 1\n', at: 'f:1' },
    { about: 'a line that is nothing', text: '[defaults]\nforks\n', at: 'f:2' },
    { about: 'an entry that stands twice', text: '[defaults]\nforks = 1\nForks = 2\n', at: 'f:3' },
  ])('refuses $about', ({ text, at }) => {
    expect(() => readCfgFile(text, 'f')).toThrowError(expect.objectContaining({ code: 'cli/usage', at }));
  });
});

describe('ansibleConfig', () => {
  test.each([
    {
      text: '[defaults]\ninventory = hosts, ~/more,/abs',
      is: { inventory: ['/etc/x/hosts', '/home/me/more', '/abs'] },
    },
    {
      text: '[defaults]\nroles_path = roles:$NAME/r:${NAME}',
      is: { rolesPath: ['/etc/x/roles', '/etc/x/web/r', '/etc/x/web'] },
    },
    { text: '[defaults]\nprivate_key_file = {{CWD}}/key', is: { privateKeyFile: '/work/key' } },
    { text: '[defaults]\nforks = 10\ntimeout=5', is: { forks: 10, timeout: 5 } },
    { text: '[defaults]\nhost_key_checking = False', is: { hostKeyChecking: false } },
    {
      text: '[defaults]\nhost_key_checking = False\n[ssh_connection]\nhost_key_checking = yes',
      is: { hostKeyChecking: true },
    },
    { text: '[defaults]\nremote_user = "me"', is: { remoteUser: 'me' } },
    {
      text: '[privilege_escalation]\nbecome=True\nbecome_method=su\nbecome_user=me\nbecome_ask_pass=no',
      is: { become: true, becomeMethod: 'su', becomeUser: 'me', becomeAskPass: false },
    },
    { text: '[defaults]\ngathering = smart', is: { gathering: 'smart' } },
    { text: '[defaults]\nvault_identity_list = dev@a, prod@b', is: { vaultIdentityList: ['dev@a', 'prod@b'] } },
    { text: '[diff]\nalways = yes\ncontext = 5', is: { diffAlways: true, diffContext: 5 } },
    { text: '[ssh_connection]\nssh_args = -o ControlMaster=auto', is: { sshArgs: '-o ControlMaster=auto' } },
    { text: '[tags]\nrun = a,b\nskip = c', is: { tags: ['a', 'b'], skipTags: ['c'] } },
    { text: '[defaults]\nno_log = on', is: { noLog: true } },
  ])('honours $is', ({ text, is }) => {
    const { settings, warnings } = of(text);
    expect(valuesOf(settings)).toEqual(is);
    expect(warnings).toEqual([]);
  });

  test('the environment wins over the file, and its paths are relative to the folder at hand', () => {
    const { settings } = of('[defaults]\ninventory = a\nforks = 1', { ANSIBLE_INVENTORY: 'b', ANSIBLE_TIMEOUT: '7' });
    expect(settings).toEqual({
      inventory: { value: ['/work/b'], at: 'ANSIBLE_INVENTORY' },
      forks: { value: 1, at: `${FILE}:3` },
      timeout: { value: 7, at: 'ANSIBLE_TIMEOUT' },
    });
  });

  test.each([
    { text: 'forks = many', says: 'many is not a whole number' },
    { text: 'host_key_checking = flase', says: 'flase is not true or false' },
    { text: 'gathering = always', says: 'always is not implicit, explicit, smart' },
  ])('refuses $text', ({ text, says }) => {
    expect(() => of(`[defaults]\n${text}`)).toThrowError(expect.objectContaining({ message: says, at: `${FILE}:2` }));
  });

  test.each([
    { text: '[defaults]\nhash_behaviour = merge', says: '[defaults] hash_behaviour = merge' },
    { text: '[defaults]\nstdout_callback = yaml', says: '[defaults] stdout_callback = yaml' },
    { text: '[defaults]\njinja2_native = True', says: '[defaults] jinja2_native = True' },
    { text: '[defaults]\nlookup_plugins = ./lookup', says: '[defaults] lookup_plugins = ./lookup' },
    { text: '[defaults]\nno_such = 1', says: '[defaults] no_such = 1' },
    { text: '[ssh_connection]\nretries = 3', says: '[ssh_connection] retries = 3' },
    { text: '[mine]\nx = \u001b[2J', says: '[mine] x = \\x1b[2J' },
  ])('warns of $says', ({ text, says }) => {
    expect(of(text).warnings).toEqual([`${FILE}:2: ${says} is not honoured here`]);
  });

  test('is silent on what cannot change a run, and on the one value that is honoured', () => {
    const text = `[defaults]
hash_behaviour = replace
stdout_callback = default
nocows = 1
retry_files_enabled = False
deprecation_warnings = False
interpreter_python = auto_silent
[ssh_connection]
pipelining = True
control_path = %(directory)s/%%h
[galaxy]
server = x
[colors]
ok = blue
`;
    expect(of(text).warnings).toEqual([]);
  });

  test('warns of the environment likewise', () => {
    const env = {
      ANSIBLE_CONFIG: 'x',
      ANSIBLE_NOCOWS: '1',
      ANSIBLE_PIPELINING: '1',
      ANSIBLE_PYTHON_INTERPRETER: 'auto',
      ANSIBLE_STRATEGY: 'free',
      ANSIBLE_LOOKUP_PLUGINS: '/l',
      OTHER: 'x',
    };
    expect(of('', env).warnings).toEqual([
      'the environment: ANSIBLE_STRATEGY = free is not honoured here',
      'the environment: ANSIBLE_LOOKUP_PLUGINS = /l is not honoured here',
    ]);
  });
});

describe('readAnsibleConfig', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fix-flannel-cfg-'));
    for (const name of ['cwd', 'home', 'named']) mkdirSync(join(folder, name), { mode: 0o755 });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const put = (name: string) => writeFileSync(join(folder, name), '[defaults]\nforks = 3\n');
  const found = (env: Record<string, string> = {}) =>
    readAnsibleConfig({ cwd: join(folder, 'cwd'), home: join(folder, 'home'), env }, join(folder, 'system.cfg'));

  test('there may be none', () => {
    expect(found()).toEqual({ file: undefined, settings: {}, warnings: [] });
  });

  test('looks in the folder at hand, then at home, then in the system', () => {
    const places = ['system.cfg', 'home/.ansible.cfg', 'cwd/ansible.cfg', 'named/ansible.cfg'];
    for (const place of places) {
      put(place);
      const env: Record<string, string> = place.startsWith('named') ? { ANSIBLE_CONFIG: '../named' } : {};
      expect(found(env).file).toBe(join(folder, place));
    }
  });

  test('passes over one that is named and not there', () => {
    put('cwd/ansible.cfg');
    const { file, warnings } = found({ ANSIBLE_CONFIG: '/no/such.cfg' });
    expect(file).toBe(join(folder, 'cwd/ansible.cfg'));
    expect(warnings).toEqual(['ANSIBLE_CONFIG: /no/such.cfg cannot be read, and is passed over']);
  });

  test('passes over a folder that anybody may write to', () => {
    put('cwd/ansible.cfg');
    put('system.cfg');
    chmodSync(join(folder, 'cwd'), 0o777);
    const { file, warnings } = found();
    expect(file).toBe(join(folder, 'system.cfg'));
    expect(warnings).toEqual([`${join(folder, 'cwd/ansible.cfg')} is passed over: anybody may write to its folder`]);
  });
});
