import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inGate } from '../support/in-gate.js';
import { fixFlannel, LAB_DIR, LAB_INVENTORY, lab } from '../support/lab.js';

const folder = mkdtempSync(join(tmpdir(), 'fix-flannel-lab-'));
const KEY = `${LAB_DIR}/ssh/id_ed25519`;

/** The lab's inventory with something changed. */
function inventory(change: (text: string) => string): string {
  const path = join(folder, `${Math.random().toString(36).slice(2)}.yaml`);
  writeFileSync(path, change(readFileSync(LAB_INVENTORY, 'utf8')));
  return path;
}

const knownHosts = (text: string) => {
  const path = join(folder, `known_hosts.${Math.random().toString(36).slice(2)}`);
  writeFileSync(path, text);
  return path;
};

describe('bad input is told clearly, and nothing is changed', () => {
  let before: string;
  beforeAll(async () => {
    await lab('break', 'seed');
    before = await lab('status');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  // The gate takes those that need a host; what is wrong with the input alone, unit tests look at too.
  const BAD_INPUT = [
    {
      about: 'a host that cannot be reached',
      args: () => [inventory((text) => text.replace('10.0.0.113', '10.0.0.199')), '--connect-timeout', '2'],
      status: 3,
      says: /node3/,
    },
    {
      about: 'the wrong key',
      args: () => [inventory((text) => text.replace(KEY, `${LAB_DIR}/ssh/id_wrong`))],
      status: 3,
      says: /vagrant/,
    },
    {
      about: 'an unknown host key',
      args: () => [inventory((text) => text.replace(`${LAB_DIR}/ssh/known_hosts`, knownHosts('')))],
      status: 3,
      says: /accept-new-host-keys/,
    },
    {
      about: 'a changed host key',
      args: () => {
        const known = readFileSync(`${LAB_DIR}/ssh/known_hosts`, 'utf8')
          .split('\n')
          .filter((line) => /^\S*10\.0\.0\.11[12]/.test(line));
        // node1 shows another key than the one that is known for it: node2's.
        const [one = '', two = ''] = [
          known.find((line) => line.includes('111')),
          known.find((line) => line.includes('112')),
        ];
        const swapped = `${one.split(' ')[0]} ${two.split(' ').slice(1).join(' ')}\n${two}\n`;
        return [
          inventory((text) => text.replace(`${LAB_DIR}/ssh/known_hosts`, knownHosts(swapped))),
          '--accept-new-host-keys',
        ];
      },
      status: 3,
      says: /changed/,
    },
    {
      about: 'no right to become root',
      args: () => [inventory((text) => text.replace('vagrant', 'plain'))],
      status: 3,
      says: /sudo/,
    },
    {
      about: 'a wrong etcd prefix',
      args: () => [LAB_INVENTORY, '-e', 'flannel_etcd_prefix=/coreos.com/network'],
      status: 3,
      says: /\/kubernetes\/network/,
    },
    {
      about: 'the wrong store',
      args: () => [LAB_INVENTORY, '-e', 'flannel_store=v3'],
      status: 3,
      says: /keeps its leases in the v2 store/,
    },
    {
      about: 'an interface that does not exist',
      args: () => [LAB_INVENTORY, '-e', 'flannel_iface=eth7'],
      status: 4,
      says: /eth7/,
    },
    { about: 'no such inventory', args: () => [`${folder}/nowhere.yaml`], status: 1, says: /nowhere\.yaml/ },
    {
      about: 'YAML syntax',
      args: () => [inventory(() => 'all:\n  hosts:\n   a: [1,\n')],
      status: 1,
      says: /\.yaml:\d+:\d+/,
    },
    {
      about: 'a key that no inventory has',
      args: () => [inventory((text) => text.replace('hosts:', 'host:'))],
      status: 1,
      says: /hosts/,
    },
    { about: 'an unknown host in --limit', args: () => [LAB_INVENTORY, '--limit', 'nod1'], status: 64, says: /node1/ },
    { about: 'an unknown option', args: () => [LAB_INVENTORY, '--sideways'], status: 64, says: /sideways/ },
    {
      about: 'no key file',
      args: () => [inventory((text) => text.replace(KEY, '/nowhere/id'))],
      status: 3,
      says: /\/nowhere\/id/,
    },
    {
      about: 'the wrong etcd port',
      args: () => [LAB_INVENTORY, '-e', 'flannel_etcd_endpoints=https://10.0.0.111:1'],
      status: 3,
      says: /10\.0\.0\.111:1/,
    },
    {
      about: 'a playbook with a keyword of no meaning here',
      args: () => [LAB_INVENTORY, playbook('- hosts: all\n  tasks:\n    - command: id\n      delegate_to: x\n')],
      status: 1,
      says: /:\d+:\d+.*delegate_to/s,
    },
    {
      about: 'a playbook with no such module',
      args: () => [LAB_INVENTORY, playbook('- hosts: all\n  tasks:\n    - yum: { name: x }\n')],
      status: 1,
      says: /yum/,
    },
  ];

  test.each(inGate(8, BAD_INPUT))('$about', async ({ args, status, says }) => {
    const ran = await fixFlannel('run', ...args());
    expect(ran.stdout + ran.stderr).toMatch(says);
    expect(ran.status, ran.stdout + ran.stderr).toBe(status);
    expect(await lab('status')).toBe(before);
  });

  test('an unknown host key is recorded when told to, and known from then on', async () => {
    const known = knownHosts('');
    const path = inventory((text) => text.replace(`${LAB_DIR}/ssh/known_hosts`, known));
    expect((await fixFlannel('check', path, '--accept-new-host-keys')).status).toBe(2);
    expect(readFileSync(known, 'utf8').trim().split('\n')).toHaveLength(3);
    expect((await fixFlannel('check', path)).status).toBe(2);
  });

  test('sudo with a password works, and a wrong one is told at once', async () => {
    const path = inventory((text) => text.replace('vagrant', 'pwsudo'));
    expect((await fixFlannel('check', path, '-e', 'ansible_become_password=lab-password')).status).toBe(2);
    const wrong = await fixFlannel('check', path, '-e', 'ansible_become_password=wrong-password-x');
    expect(wrong.status).toBe(3);
    expect(wrong.stdout + wrong.stderr).toMatch(/password/);
    expect(wrong.stdout + wrong.stderr).not.toContain('wrong-password-x');
  });

  test('leases are read through SSH where the controller has no road to etcd', async () => {
    const path = inventory((text) => text);
    const ran = await fixFlannel('check', path, '-e', 'flannel_etcd_endpoints=https://127.0.0.1:2379');
    expect(ran.stdout).toContain('1 lease');
    expect(ran.status).toBe(2);
  });
});

describe('a state of the cluster that is refused, with nothing changed', () => {
  test.each(
    inGate(2, [
      { fault: 'masked', status: 4, says: /masked/ },
      { fault: 'expired-cert', status: 3, says: /expired/ },
      { fault: 'etcd-down', status: 3, says: /etcd/ },
    ]),
  )('$fault', async ({ fault, status, says }) => {
    await lab('break', fault);
    const before = await lab(
      'exec',
      'node1',
      'sh',
      '-c',
      'sha256sum /etc/systemd/system/flanneld.service /run/flannel/*; systemctl show flanneld -p MainPID',
    );
    const ran = await fixFlannel('run', LAB_INVENTORY);
    expect(ran.stdout + ran.stderr).toMatch(says);
    expect(ran.status, ran.stdout + ran.stderr).toBe(status);
    expect(
      await lab(
        'exec',
        'node1',
        'sh',
        '-c',
        'sha256sum /etc/systemd/system/flanneld.service /run/flannel/*; systemctl show flanneld -p MainPID',
      ),
    ).toBe(before);
  });
});

function playbook(text: string): string {
  const path = join(folder, `${Math.random().toString(36).slice(2)}.yaml`);
  writeFileSync(path, text);
  return path;
}
