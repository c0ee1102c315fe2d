import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { inGate } from '../support/in-gate.js';
import { fixFlannel, LAB_INVENTORY, lab, onNode, subnets } from '../support/lab.js';

/** name, unit, expected, runs, about: what `lab forms` prints. */
const FORMS = readFileSync(new URL('../../lab/forms/index.tsv', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => {
    const [name = '', unit = '', expected = '', , about = ''] = line.split('\t');
    return { name, unit, expected, about };
  })
  .filter(({ expected, name }) => (expected === 'in-place' || expected === 'drop-in') && name !== 'seed');

const SHOWN = 'ExecStart,Environment,EnvironmentFiles,Type,Restart,Requires,After,User,LimitNOFILE,ExecStartPost';

/** What systemd itself makes of the unit, without what differs from start to start. */
async function asSystemdSees({ node, unit }: { node: string; unit: string }): Promise<string> {
  const text = await onNode(node, `systemctl show ${unit} -p ${SHOWN}`);
  // Sets of units come in no order.
  return text
    .replace(/ ; start_time=.*? \}/g, ' }')
    .replace(/^(Requires|After)=(.*)$/gm, (_, name, units) => `${name}=${units.split(' ').sort().join(' ')}`);
}

/** The same without any choice of an interface. */
function withoutIface(shown: string): string {
  return shown
    .replace(/ -{1,2}(iface|iface-regex|iface-can-reach)(=| )("[^"]*"|\S+)/g, '')
    .replace(/(^Environment=.*?)"?\bFLANNELD_IFACE=[^\s"]*"? ?/gm, '$1')
    .replace(/ -e FLANNELD_IFACE=\S+/g, '')
    .replace(/^Environment=\n/gm, '')
    .replace(/ +$/gm, '');
}

/** Three at once, one on each node. */
const ROUNDS = Array.from({ length: Math.ceil(FORMS.length / 3) }, (_, index) => {
  const forms = FORMS.slice(3 * index, 3 * index + 3);
  return { forms, names: forms.map(({ name }) => name) };
});

describe('a unit of each form gets the interface, and systemd sees no other difference', () => {
  test.each(inGate(2, ROUNDS))('$names', async ({ forms, names }) => {
    await lab('break', 'forms', ...names);
    const placed = forms.map((form, index) => ({ ...form, node: `node${index + 1}` }));
    const before = await Promise.all(placed.map(asSystemdSees));
    const ran = await fixFlannel('run', LAB_INVENTORY);
    expect(ran.status, ran.stdout + ran.stderr).toBe(0);
    expect(new Set(Object.values(await subnets())).size).toBe(3);
    for (const [index, form] of placed.entries()) {
      expect(withoutIface(await asSystemdSees(form)), form.about).toBe(withoutIface(before[index] as string));
      const path = `/etc/systemd/system/${form.unit}.d/90-fix-flannel.conf`;
      const dropIn = await onNode(form.node, `cat ${path} 2>/dev/null || true`);
      expect(dropIn === '' ? 'in-place' : 'drop-in', form.about).toBe(form.expected);
    }
    const second = await fixFlannel('run', LAB_INVENTORY, '--check');
    expect(second.status, second.stdout).toBe(0);
  });
});

describe('a form that cannot be changed safely is refused, with nothing changed', () => {
  test.each(
    inGate(1, [
      { name: 'script-iface', status: 4, says: /iface/ },
      { name: 'kube-subnet-mgr', status: 3, says: /Kubernetes/ },
    ]),
  )('$name', async ({ name, status, says }) => {
    await lab('break', 'form', name, 'node1');
    const units =
      'cd / && find etc/systemd etc/sysconfig etc/default usr/local/bin opt/bin -type f -name "*flannel*" 2>/dev/null | sort | xargs sha256sum';
    const before = await Promise.all(['node1', 'node2'].map((node) => onNode(node, units)));
    const ran = await fixFlannel('run', LAB_INVENTORY);
    expect(ran.stdout).toMatch(says);
    expect(ran.status, ran.stdout).toBe(status);
    expect(await Promise.all(['node1', 'node2'].map((node) => onNode(node, units)))).toEqual(before);
  });
});
