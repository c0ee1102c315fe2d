import { expect, test } from 'vitest';
import { fixFlannel, LAB_INVENTORY, onNode } from '../support/lab.js';

const PLAYBOOK = 'test/cases/playbooks/operator.yaml';
const CLEAN =
  'systemctl disable --now heartbeat 2>/dev/null; rm -rf /opt/heartbeat /etc/systemd/system/heartbeat.service /run/heartbeat; systemctl daemon-reload';

test('an operator’s playbook sets a service up on real hosts, and a second run changes nothing', async () => {
  for (const node of ['node1', 'node2', 'node3']) await onNode(node, CLEAN);

  const first = await fixFlannel('run', LAB_INVENTORY, PLAYBOOK);
  expect(first.status, first.stdout + first.stderr).toBe(0);
  expect(first.stdout).toContain('node2,node3');
  expect(
    await onNode('node2', 'cat /run/heartbeat; systemctl is-enabled heartbeat; stat -c %a /opt/heartbeat/settings'),
  ).toBe('alive on node2\nenabled\n640\n');
  expect(await onNode('node3', 'grep peer /etc/systemd/system/heartbeat.service')).toBe(
    '# peer: node1\n# peer: node2\n',
  );

  const second = await fixFlannel('run', LAB_INVENTORY, PLAYBOOK);
  expect(second.status, second.stdout + second.stderr).toBe(0);
  expect(second.stdout.trim().split('\n').at(-1)).toBe('Sound: 3 hosts, nothing to change.');

  const dry = await fixFlannel('run', LAB_INVENTORY, PLAYBOOK, '--check', '--diff', '-e', 'beat_seconds=6');
  expect(dry.status).toBe(2);
  expect(dry.stdout).toMatch(/-BEAT=5\n\s*\+BEAT=6/);
  expect(await onNode('node1', 'cat /opt/heartbeat/settings')).toBe('BEAT=5\nNODE=node1\n');
  for (const node of ['node1', 'node2', 'node3']) await onNode(node, CLEAN);
});
