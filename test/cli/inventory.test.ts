import { describe, expect, test } from 'vitest';
import { fixFlannel, folderWith } from '../support/cli.js';
import { warmFlannel } from '../support/warm-cli.js';

const SAMPLE = 'inventory/sample.yaml';

describe('inventory', () => {
  test.each([{ args: [] }, { args: ['--list'] }])('everything, as JSON ($args)', async ({ args }) => {
    const { status, stdout, stderr } = await fixFlannel(['inventory', SAMPLE, ...args]);
    const list = JSON.parse(stdout);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(list.flannel.hosts).toEqual(['node1', 'node2', 'node3']);
    expect(list._meta.hostvars.node2).toMatchObject({ ansible_host: '10.0.0.112', ansible_user: 'vagrant' });
  });

  test('--graph', async () => {
    const { status, stdout } = await warmFlannel(['inventory', SAMPLE, '--graph']);
    const lines = [
      '@all:',
      '  |--@ungrouped:',
      '  |--@flannel:',
      '  |  |--node1',
      '  |  |--node2',
      '  |  |--node3',
      '',
    ];
    expect({ status, stdout }).toEqual({ status: 0, stdout: lines.join('\n') });
  });

  test('--host', async () => {
    const { status, stdout } = await warmFlannel(['inventory', SAMPLE, '--host', 'node3']);
    expect({ status, vars: JSON.parse(stdout) }).toEqual({
      status: 0,
      vars: {
        ansible_become: true,
        ansible_host: '10.0.0.113',
        ansible_ssh_private_key_file: '~/.vagrant.d/insecure_private_key',
        ansible_user: 'vagrant',
        flannel_iface: '10.0.0.0/24',
      },
    });
  });

  test('--limit leaves the others out', async () => {
    const { stdout } = await warmFlannel(['inventory', SAMPLE, '--graph', '--limit', 'all:!node2']);
    expect(stdout).toContain('node1');
    expect(stdout).not.toContain('node2');
  });
});

describe('an inventory that cannot be used ends with 1, says where it fails and what to do', () => {
  const folder = folderWith({
    'torn.yaml': 'all:\n  hosts:\n    node1: {\n',
    'tabs.yaml': 'all:\n\thosts:\n',
    'typo.yaml': 'all:\n  host:\n    node1:\n',
    'escape.yaml': 'all:\n  "\\e[31mhosts":\n    node1:\n',
  });

  test.each([
    { about: 'a file that is not there', file: 'missing.yaml', says: ['missing.yaml', 'no such file'] },
    { about: 'a folder that is not there', file: 'no/such.yaml', says: ['no/such.yaml', 'no such file'] },
    { about: 'YAML that is torn', file: 'torn.yaml', says: ['torn.yaml:'] },
    { about: 'YAML with tabs', file: 'tabs.yaml', says: ['tabs.yaml:2:', 'tab'] },
    { about: 'a keyword that is nearly one', file: 'typo.yaml', says: ['typo.yaml:2:', 'hosts'] },
  ])('$about', async ({ file, says }) => {
    for (const command of ['inventory', 'check', 'run']) {
      const { status, stdout, stderr } = await warmFlannel([command, file], { cwd: folder });
      for (const part of says) expect(stderr).toContain(part);
      expect(stderr).toMatch(/^fix-flannel: .+\n {2}→ .+\n$/s);
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    }
  });

  test('escape codes in it reach no terminal', async () => {
    const { stdout, stderr } = await warmFlannel(['inventory', 'escape.yaml', '--graph'], { cwd: folder });
    expect(stdout + stderr).not.toContain('\u001b');
  });
});
