import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { beforeAll, describe, expect, test } from 'vitest';
import { encodedForms } from '../../src/core/secret-forms.js';
import { type Ended, fixFlannel, folderWith } from '../support/cli.js';
import { inGate, inTurn } from '../support/in-gate.js';
import { encryptVault, inlineVault } from '../vault/encrypt.js';

const VAULT_PASSWORD = 'Vq7 horse & "battery" staple';

/** One of each kind, none of which has eight characters in common with another or with anything else. */
const SECRETS = {
  vault_inline: `Iq8zt'wk"fp<gx&rm $jh\\ybüd`,
  vault_leaf_password: `Lw5nc rj8td vx2qs mk7pb`,
  vault_lines: 'Mz1first kq line of it\nMz2second wv line of it\n',
  ansible_password: `Sx3gh%vb/nm+qw=er`,
  ansible_become_password: `Bt6yu&io pl"kj'hg`,
  flannel_etcd_password: `Ef9zx{cv}bn:mq@wd`,
  extra_password: `Xk4rt?yu#io!pa`,
  api_token: `Tj2df-gh_jk.lz~xc`,
};
const SOURCE = 'Cp8a source file, line one\nCp9a source file, line two\n';
const HIDDEN_BY_NO_LOG = 'Nl7 only no_log hides this';
const COMPOSED = `pre-${SECRETS.api_token}-post`;

const NAMES = Object.keys(SECRETS);
const each = NAMES.map((name) => `{{ ${name} }}`);

const playbookOf = (handedOver: readonly string[]) => `
- hosts: all
  vars_files: [closed.yaml]
  vars:
    hide: true
    names: [${NAMES.join(', ')}]
    handed_over: [${handedOver.join(', ')}]
    composed_secret: "pre-{{ api_token }}-post"
  tasks:
    - name: say
      debug: {msg: "{{ lookup('vars', item) }}"}
      loop: "{{ names }}"
    - name: say at the end of a long line, which is wrapped or cut
      debug: {msg: "${'lorem ipsum '.repeat(5)}{{ lookup('vars', item) }} ${'x'.repeat(300)} {{ lookup('vars', item) }}"}
      loop: "{{ names }}"
    - name: show
      debug: {var: "{{ item }}"}
      loop: "{{ names }}"
    - name: "named {{ api_token }}"
      debug: {msg: "visible_marker {{ composed_secret }}"}
    - name: in arguments
      command: {argv: [echo, "{{ lookup('vars', item) }}"]}
      loop: "{{ handed_over }}"
      register: echoed
    - name: what was registered
      debug: {var: echoed}
    - name: fail with it
      command: {argv: [sh, -c, 'printf %s "$1" >&2; echo "$1"; exit 3', sh, "{{ lookup('vars', item) }}"]}
      loop: "{{ handed_over }}"
      ignore_errors: true
    - name: trace it
      command: {argv: [sh, -xc, 'true "$1"', sh, "{{ lookup('vars', item) }}"]}
      loop: "{{ handed_over }}"
    - name: encode it
      debug:
        msg:
          - "{{ lookup('vars', item) | b64encode }}"
          - "{{ ('x' ~ lookup('vars', item) ~ 'yz') | b64encode }}"
          - "{{ ('xy' ~ lookup('vars', item)) | b64encode }}"
          - "{{ lookup('vars', item) | urlencode }}"
          - "{{ lookup('vars', item) | to_json }}"
          - "{{ lookup('vars', item) | to_json | to_json }}"
          - "{{ lookup('vars', item) | quote }}"
          - "{{ [lookup('vars', item)] | string }}"
          - "{{ lookup('vars', item) | escape }}"
          - "{{ {'k': lookup('vars', item)} | to_nice_yaml }}"
      loop: "{{ names }}"
    - name: in hexadecimal
      shell: "printf %s {{ lookup('vars', item) | quote }} | od -An -v -tx1 | tr -d ' \\\\n'"
      loop: "{{ handed_over }}"
    - name: in an address
      debug: {msg: "https://user:{{ api_token | urlencode }}@example.com/?t={{ api_token }}"}
    - name: template it
      template: {src: all.j2, dest: "{{ playbook_dir }}/out.txt"}
    - name: copy it
      copy: {content: "{{ api_token }}\\n{{ vault_lines }}", dest: "{{ playbook_dir }}/copied.txt"}
    - name: copy an encrypted file
      copy: {src: source.txt, dest: "{{ playbook_dir }}/source-copied.txt"}
    - name: edit a file
      lineinfile: {path: "{{ playbook_dir }}/out.txt", line: "x={{ extra_password }}", create: true}
    - name: read it back
      slurp: {src: "{{ playbook_dir }}/out.txt"}
      register: slurped
      ignore_errors: true
    - name: what was read back
      debug: {msg: "{{ slurped.content | default('') | b64decode }}"}
    - name: make a fact
      set_fact: {made_password: "{{ vault_inline }}", other: "{{ api_token }}"}
    - name: say the fact
      debug: {msg: "{{ made_password }} {{ other }}"}
    - name: refuse with it
      fail: {msg: "not with {{ api_token }}"}
      ignore_errors: true
    - name: assert with it
      assert: {that: ["api_token == 'x'"], fail_msg: "{{ vault_inline }} is wrong"}
      ignore_errors: true
    - name: use what it has not
      debug: {msg: "{{ api_token.missing }} {{ vault_inline | from_json }}"}
      ignore_errors: true
    - name: parse it
      debug: {msg: "{{ vault_inline | from_json }}"}
      ignore_errors: true
    - name: a module that does not take it
      file: {path: "{{ api_token }}", state: "{{ vault_inline }}"}
      ignore_errors: true
    - name: hidden altogether
      command: {argv: [echo, "${HIDDEN_BY_NO_LOG}"]}
      no_log: true
      register: quiet
    - name: hidden by a variable
      command: {argv: [echo, "${HIDDEN_BY_NO_LOG}"]}
      no_log: "{{ hide }}"
    - name: hidden and failed
      fail: {msg: "${HIDDEN_BY_NO_LOG}"}
      no_log: true
      ignore_errors: true
    - name: hidden and looped
      command: {argv: [sh, -c, 'echo "$1"; exit 1', sh, "${HIDDEN_BY_NO_LOG} {{ item }}"]}
      loop: [a, b]
      no_log: true
      ignore_errors: true
    - name: ask etcd
      flannel_diagnose:
      ignore_errors: true
    - name: become somebody with a wrong password
      command: id
      become: true
      ignore_unreachable: true
`;

const ROWS = inGate(4, [
  { words: ['run', '-vvv', '--diff'] },
  { words: ['run', '--json', '--diff'] },
  { words: ['check', '-vvv', '--diff'] },
  { words: ['check', '--json'] },
  { words: ['run'] },
  { words: ['run', '-vvv'] },
]);
/** Which secrets are given to the commands of a run, which take long: in the gate all runs together give all. */
const HANDED_OVER = inTurn(
  NAMES.map((name) => ({ name })),
  ROWS.filter(({ words }) => words[0] === 'run'),
);
const handedOverBy = (words: readonly string[]) =>
  words[0] === 'check' ? NAMES : HANDED_OVER.filter((row) => row.words.join() === words.join()).map(({ name }) => name);

/** Takes whatever password it is given and tells it to everybody. */
const BAD_SUDO = `#!/bin/sh
while [ $# -gt 0 ]; do case "$1" in -p) printf %s "$2" >&2; shift 2 ;; *) shift ;; esac; done
read -r password
echo "sudo: $password is wrong, and $password again" >&2
exit 1
`;

function workplace(sudo: string, more: Readonly<Record<string, string>> = {}): string {
  const folder = folderWith({
    'inventory.yaml': `all:
  hosts: {here: }
  vars:
    ansible_connection: local
    flannel_etcd_endpoints: http://127.0.0.1:9
    flannel_etcd_username: root
    ansible_password: ${JSON.stringify(SECRETS.ansible_password)}
    ansible_become_password: ${JSON.stringify(SECRETS.ansible_become_password)}
    flannel_etcd_password: ${JSON.stringify(SECRETS.flannel_etcd_password)}
    api_token: ${JSON.stringify(SECRETS.api_token)}
    vault_inline: ${inlineVault(SECRETS.vault_inline, VAULT_PASSWORD, { indent: 6 })}
    vault_lines: ${inlineVault(SECRETS.vault_lines, VAULT_PASSWORD, { indent: 6, id: 'prod' })}
`,
    'closed.yaml': encryptVault(`vault_leaf_password: ${SECRETS.vault_leaf_password}\n`, VAULT_PASSWORD),
    'source.txt': encryptVault(SOURCE, VAULT_PASSWORD),
    'extra.json': JSON.stringify({ extra_password: SECRETS.extra_password }),
    'all.j2': `begin\n${each.join('\n')}\n{{ composed_secret }}\nend\n`,
    'playbook.yaml': playbookOf(NAMES),
    'vault-password': `${VAULT_PASSWORD}\n`,
    sudo,
    ...more,
  });
  chmodSync(join(folder, 'sudo'), 0o755);
  mkdirSync(join(folder, 'state'), { mode: 0o700 });
  return folder;
}

const BECOMING = '- hosts: all\n  become: true\n  tasks: [{command: id}]\n';

function run(folder: string, words: readonly string[], playbook = 'playbook.yaml'): Promise<Ended> {
  const files = ['inventory.yaml', playbook].map((name) => join(folder, name));
  const vault = ['--vault-password-file', join(folder, 'vault-password'), '-e', `@${join(folder, 'extra.json')}`];
  return fixFlannel([...words.slice(0, 1), ...files, ...vault, ...words.slice(1)], {
    cwd: folder,
    env: {
      PATH: `${folder}:${process.env.PATH}`,
      FIX_FLANNEL_TRACE: '1',
      FIX_FLANNEL_STATE: join(folder, 'state'),
    },
  });
}

/** What gives a secret away: a form of it, a line of it, or eight characters in a row. */
const MARKS = [...Object.values(SECRETS), VAULT_PASSWORD, COMPOSED, SOURCE].flatMap((secret) => {
  const lines = secret.split('\n').filter((line) => line.length >= 8);
  const base64 = [0, 1, 2].map((by) =>
    Buffer.from(' '.repeat(by) + secret.trim())
      .toString('base64')
      .slice(4, 20),
  );
  const forms = [...encodedForms(secret), ...encodedForms(secret.trim())].filter((form) => form.length >= 8);
  const hex = Buffer.from(secret).toString('hex').slice(0, 20);
  return [...lines, ...lines.map((line) => line.slice(0, 8)), ...base64, hex, ...forms];
});

/** What of a text gives a secret away, wherever its lines end. */
function givenAway(text: string): string[] {
  const without = text.replace(/\s+/g, '');
  return MARKS.filter((mark) => text.includes(mark) || without.includes(mark.replace(/\s+/g, '')));
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

describe('no form of any secret is shown', () => {
  test.each(ROWS)(
    'by $words',
    async ({ words }) => {
      const folder = workplace(BAD_SUDO, { 'playbook.yaml': playbookOf(handedOverBy(words)) });
      const { stdout, stderr, status } = await run(folder, words);
      expect(givenAway(stdout)).toEqual([]);
      expect(givenAway(stderr)).toEqual([]);
      expect(`${stdout}${stderr}`).not.toContain(HIDDEN_BY_NO_LOG);
      // It did get to the end, and showed what is no secret.
      expect({ status, stderr }).toMatchObject({ status: expect.not.stringMatching(/^(1|64)$/) });
      if (words.length > 1) expect(stdout).toContain('visible_marker');
      if (words.length > 1) expect(stdout.split('[secret]').length).toBeGreaterThan(30);
      for (const path of filesBelow(join(folder, 'state'))) {
        const kept = readFileSync(path, 'utf8');
        expect({ path, shown: givenAway(kept) }).toEqual({ path, shown: [] });
        expect(kept).not.toContain(HIDDEN_BY_NO_LOG);
      }
      if (words[0] === 'run') {
        // What is masked in reports is whole where it was meant to be.
        expect(readFileSync(join(folder, 'out.txt'), 'utf8')).toContain(`${SECRETS.vault_inline}\n`);
        expect(readFileSync(join(folder, 'source-copied.txt'), 'utf8')).toBe(SOURCE);
      }
    },
    60_000,
  );

  const shown = workplace(BAD_SUDO);
  test.each([['--list'], ['--host', 'here'], ['--graph']])('by inventory %s', async (...words) => {
    const { stdout, stderr } = await fixFlannel(['inventory', join(shown, 'inventory.yaml'), ...words]);
    expect(givenAway(stdout + stderr)).toEqual([]);
    expect(stdout).not.toBe('');
  });

  test.each([
    { about: 'a password with a blank by -e', words: ['-e', `ansible_password=Sx3gh vbnmqwer`] },
    { about: 'a bad inventory', inventory: `all: {hosts: {h: {ansible_password: "Sx3gh vbnmqwer}}}` },
    { about: 'another bad inventory', inventory: `all:\n  hosts:\n    h:\n      db_password: Sx3gh: vbnmqwer\n` },
    {
      about: 'a password that cannot be one',
      inventory: `all: {hosts: {h: {ansible_connection: local, ansible_become_password: "Sx3gh\\nvbnmqwer"}}}`,
    },
    { about: 'a bad encrypted inventory', inventory: encryptVault('all: [Sx3gh vbnmqwer', VAULT_PASSWORD) },
    {
      about: 'a loop over one',
      inventory: 'all: {hosts: {h: {ansible_connection: local, a_token: "Sx3gh vbnmqwer"}}}',
      playbook: '- hosts: all\n  tasks: [{ping: , loop: "{{ a_token }}"}, {fail: , when: "a_token | from_json"}]\n',
    },
    {
      about: 'JSON that is none',
      inventory: 'all: {hosts: {h: {ansible_connection: local, a_token: "Sx3gh vbnmqwer"}}}',
      playbook: '- hosts: all\n  tasks: [{fail: , when: "a_token | from_json"}]\n',
    },
  ])('in what is said of $about', async ({ words = [], inventory = 'all: {hosts: {h: }}', playbook = BECOMING }) => {
    const bad = folderWith({
      'inventory.yaml': inventory,
      'playbook.yaml': playbook,
      'vault-password': VAULT_PASSWORD,
      sudo: BAD_SUDO,
    });
    chmodSync(join(bad, 'sudo'), 0o755);
    mkdirSync(join(bad, 'state'), { mode: 0o700 });
    const { stdout, stderr, status } = await fixFlannel(
      [
        'run',
        join(bad, 'inventory.yaml'),
        join(bad, 'playbook.yaml'),
        '--vault-password-file',
        join(bad, 'vault-password'),
        ...words,
      ],
      {
        env: {
          PATH: `${bad}:${process.env.PATH}`,
          FIX_FLANNEL_TRACE: '1',
          FIX_FLANNEL_STATE: join(bad, 'state'),
        },
      },
    );
    expect(status).not.toBe(0);
    expect(stderr + stdout).not.toMatch(/Sx3gh|vbnmqwer/);
  });
});

/** Lets everybody in who knows the password, as sudo does. */
const GOOD_SUDO = `#!/bin/sh
while [ $# -gt 0 ]; do case "$1" in -p) printf %s "$2" >&2; shift 2 ;; --) shift; break ;; -u) shift 2 ;; *) shift ;; esac; done
read -r password
[ "$password" = '${SECRETS.ansible_become_password.replaceAll("'", "'\\''")}' ] || exit 1
unset password
exec "$@"
`;

describe('what other users of the machine may see', () => {
  let seen = '';
  beforeAll(async () => {
    const spy = `- hosts: all
  vars_files: [closed.yaml]
  become: true
  tasks:
    - name: use them
      copy: {content: "{{ api_token }} {{ vault_inline }} {{ vault_leaf_password }} {{ extra_password }}", dest: "{{ playbook_dir }}/used.txt"}
    - name: look
      shell: |
        exec 3> {{ playbook_dir | quote }}/seen.txt
        pid=$$
        while [ "$pid" -gt 1 ]; do
          tr '\\0' ' ' < /proc/$pid/cmdline >&3; echo >&3
          tr '\\0' '\\n' < /proc/$pid/environ >&3
          for file in /proc/[0-9]*/stat; do
            set -- $(sed 's/(.*) //' $file 2>/dev/null)
            [ "\${3:-}" = "$pid" ] || continue
            tr '\\0' ' ' < /proc/$1/cmdline >&3 2>/dev/null; echo >&3
            tr '\\0' '\\n' < /proc/$1/environ >&3 2>/dev/null
          done
          pid=$(sed 's/.*) . \\([0-9]*\\) .*/\\1/' /proc/$pid/stat)
        done
`;
    const folder = workplace(GOOD_SUDO, { 'spy.yaml': spy });
    const { stdout, stderr } = await run(folder, ['run'], 'spy.yaml');
    const file = join(folder, 'seen.txt');
    seen = statSync(file, { throwIfNoEntry: false }) ? readFileSync(file, 'utf8') : `${stdout}${stderr}`;
  }, 60_000);

  test('names the program, its shell and its environment', () => {
    expect(seen).toContain('fix-flannel.js run');
    expect(seen).toContain('FIX_FLANNEL_TRACE=1');
  });

  test('holds no secret', () => expect(givenAway(seen)).toEqual([]));
});
