import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { command, LAB_INVENTORY, lab, onNode } from '../support/lab.js';
import { ownJournals } from '../support/lab-journal.js';
import { UNSETTLED } from '../support/lab-program.js';
import { fingerprint, locksInEtcd, NODES, readNode, UNIT, whatStaysWrong } from '../support/lab-state.js';

/** Without the lines that it is broken into. */
const words = (output: string) => output.replace(/\s+/g, ' ');
const SUBNETS = '/kubernetes/network/subnets';

/** `etcdctl` of the v2 store, which has to succeed. */
async function etcdctl(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await command('env', ['ETCDCTL_API=2', 'lab/lab', 'etcdctl', ...args]);
  if (status !== 0) throw new Error(`etcdctl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

interface Planned {
  readonly hosts: Readonly<Record<string, { readonly changes: readonly { module: string; why: string }[] }>>;
}

describe('a plan that is kept', () => {
  const program = ownJournals();
  const file = join(program.folder, 'plan.json');
  const runPlan = (...more: string[]) => program.run('run', LAB_INVENTORY, '--plan', file, ...UNSETTLED, ...more);
  const makePlan = async () => {
    const made = await program.run('plan', LAB_INVENTORY, '--out', file, ...UNSETTLED);
    expect(made.status, made.output).toBe(2);
    return made;
  };
  /** Refused for what it names, with nothing done to any node and no lock or journal left. */
  const expectRefused = async (says: RegExp | string, ...more: string[]) => {
    const runs = program.runs().length;
    const ran = await runPlan(...more);
    expect(ran.status, ran.output).toBe(4);
    expect(words(ran.output)).toMatch(says);
    expect(words(ran.output)).toContain('Nothing was changed.');
    expect(program.runs().length).toBe(runs);
    return ran;
  };

  beforeAll(async () => {
    await lab('break', 'seed');
  });

  test('is for its owner alone, and making it changes nothing', async () => {
    const before = await fingerprint();
    const made = await makePlan();
    expect(made.output).toContain(`fix-flannel run ${LAB_INVENTORY} --plan ${file}`);
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    expect(await fingerprint()).toBe(before);
    expect(await locksInEtcd()).toEqual([]);
    expect(program.runs()).toEqual([]);
  });

  test('does not hold for another inventory, other variables or other hosts', async () => {
    const before = await fingerprint();
    const other = join(program.folder, 'inventory.yaml');
    writeFileSync(other, readFileSync(LAB_INVENTORY, 'utf8').replace('  vars:\n', '  vars:\n    rack: 7\n'));
    const inventory = await program.run('run', other, '--plan', file, ...UNSETTLED);
    expect(inventory.status, inventory.output).toBe(4);
    expect(inventory.output).toContain('the inventory is another');
    await expectRefused('the variables of -e are others', '-e', 'flannel_serial=1');
    await expectRefused('--limit is another', '--limit', 'node1,node2,node3');
    expect(await fingerprint()).toBe(before);
  });

  test('does not hold once a unit was touched by hand: it is named', async () => {
    await onNode('node2', `cp -p ${UNIT} /run/lab-unit; echo '# by hand' >>${UNIT}`);
    const before = await fingerprint();
    const ran = await expectRefused(/node2: [^-]*flanneld\.service[^-]* has changed/);
    expect(ran.output).not.toMatch(/- node[13]: /);
    expect(await fingerprint()).toBe(before);
    await onNode('node2', `cat /run/lab-unit >${UNIT}; rm /run/lab-unit; systemctl daemon-reload`);
  });

  test('holds although a lease was renewed meanwhile, and exactly what it says is done', async () => {
    const [key = ''] = (await etcdctl('ls', SUBNETS)).trim().split('\n');
    const value = (await etcdctl('get', key)).trim();
    await etcdctl('set', '--ttl', '71234', key, value);
    const ran = await runPlan();
    expect(ran.status, ran.output).toBe(0);
    expect(await whatStaysWrong()).toEqual([]);
    const planned = JSON.parse(readFileSync(file, 'utf8')) as Planned;
    const { hosts, header } = program.record();
    expect([...hosts.keys()].sort()).toEqual([...NODES]);
    for (const [host, entries] of hosts) {
      const steps = entries.flatMap((entry) =>
        entry.kind === 'begin' && entry.module !== 'commit_confirmed' ? [entry.why.replaceAll(header.id, 'RUN')] : [],
      );
      const wanted = planned.hosts[host]?.changes.filter(({ module }) => module !== 'commit_confirmed');
      expect(steps).toEqual(wanted?.map(({ why }) => why));
      expect(steps.length).toBe(3);
    }
  });

  test('does not hold a second time: what has changed is named, and nothing is done', async () => {
    const before = [await fingerprint(), await Promise.all(NODES.map(readNode))];
    const ran = await expectRefused(/node1: /);
    expect(words(ran.output)).toMatch(/node2: [^-]*flanneld\.service[^-]* has changed/);
    expect(words(ran.output)).toMatch(/node3: .*lease/);
    expect([await fingerprint(), await Promise.all(NODES.map(readNode))]).toEqual(before);
  });
});
