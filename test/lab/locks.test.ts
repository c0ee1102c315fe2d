import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { inGate } from '../support/in-gate.js';
import { LAB_INVENTORY, lab, onNode } from '../support/lab.js';
import { ownJournals, stepsBegun, tasksBegun } from '../support/lab-journal.js';
import type { ProgramEnd } from '../support/lab-program.js';
import { UNSETTLED } from '../support/lab-program.js';
import { fingerprint, locksInEtcd, NODES, whatStaysWrong } from '../support/lab-state.js';

/** Without the lines that it is broken into. */
const words = ({ output }: ProgramEnd) => output.replace(/\s+/g, ' ');

describe.each(
  inGate(1, [
    { store: 'v2', fault: 'seed' },
    { store: 'v3', fault: 'v3' },
  ]),
)('six runs at once on a cluster in etcd $store, two of which wait', ({ fault }) => {
  const program = ownJournals();

  test('exactly one changes anything; the others end with 4 and name it, or wait and find all in order', async () => {
    await lab('break', fault);
    const run = (...more: string[]) => program.run('run', LAB_INVENTORY, ...UNSETTLED, ...more);
    const waiting = [run('--wait', '2m'), run('--wait', '2m')];
    const ends = await Promise.all([...waiting, run(), run(), run(), run()]);
    const outputs = ends.map(({ output }) => output).join('\n----\n');
    const changing = program.runs().filter(({ hosts }) => hosts.changed > 0);
    expect(changing.length, outputs).toBe(1);
    const { id } = changing[0]?.header ?? {};

    const done = ends.filter(({ output }) => output.includes('Done. 3 hosts: 3 changed'));
    expect(done.length, outputs).toBe(1);
    for (const end of ends.slice(0, 2)) expect(end.status, end.output).toBe(0);
    for (const end of ends.filter((one) => !done.includes(one))) {
      expect(words(end)).toMatch(
        new RegExp(`locked by \\S+@\\S+ since .*run ${id}, pid \\d+: fix-flannel run ${LAB_INVENTORY}`),
      );
      if (ends.indexOf(end) < 2) continue;
      expect(end.status, end.output).toBe(4);
      expect(words(end)).toMatch(/Nothing was changed\. .*--wait 5m/);
    }
    // One that is refused has begun nothing, and so has no journal.
    expect(program.runs().length).toBe(ends.filter(({ status }) => status === 0).length);
    expect(await whatStaysWrong()).toEqual([]);
    expect(await locksInEtcd()).toEqual([]);
  });
});

describe('a run that stands still in the middle of a host for longer than its lock lives', () => {
  const program = ownJournals();

  test('a check works meanwhile, another run takes over, and the first changes nothing more', async () => {
    await lab('break', 'seed');
    let stopped = () => {};
    const stands = new Promise<void>((resolve) => (stopped = resolve));
    const first = program.start(
      ['run', LAB_INVENTORY, ...UNSETTLED, '-e', 'flannel_serial=1', '--lock-ttl', '5', '--script-timeout', '8'],
      (line, { signal }) => {
        if (!/^running: Clear the old lease/.test(line)) return;
        signal('SIGSTOP');
        stopped();
      },
    );
    onTestFinished(() => first.signal('SIGKILL'));
    await Promise.race([stands, first.ended]);
    const { id } = program.record().header;
    const check = await program.run('run', LAB_INVENTORY, '--check');
    expect(check.status, check.output).toBe(2);
    expect(check.output).toMatch(new RegExp(`run ${id} left a guard that would put node1 back in`));

    const second = await program.run('run', LAB_INVENTORY, ...UNSETTLED, '--wait', '2m');
    expect(second.status, second.output).toBe(0);
    expect(await whatStaysWrong()).toEqual([]);
    const [state, steps] = [await fingerprint(), stepsBegun(program.record(id))];

    first.signal('SIGCONT');
    const end = await first.ended;
    expect(end.status, end.output).toBe(5);
    expect(words(end)).toMatch(/the lock on .* is lost: /);
    expect(stepsBegun(program.record(id))).toBe(steps);
    for (const node of ['node2', 'node3']) expect(tasksBegun(program.record(id), node)).toEqual([]);
    expect(await fingerprint()).toBe(state);
    expect(await whatStaysWrong()).toEqual([]);
  });
});

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 40_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`not so in time: ${what}`);
    await sleep(50);
  }
}

/** Stays on each host until the test lets it go. */
const PLAYBOOK = `
- hosts: flannel
  tasks:
    - name: Mark
      shell: echo marked >>/run/lab-locks
    - name: Wait to be let go
      command: timeout 60 sh -c 'until [ -e /run/lab-locks-go ]; do sleep 0.1; done'
`;

describe('a playbook that knows of no etcd, twice at once', () => {
  const program = ownJournals();
  const clean = () => Promise.all(NODES.map((node) => onNode(node, 'rm -f /run/lab-locks*')));
  const marks = () => Promise.all(NODES.map((node) => onNode(node, 'cat /run/lab-locks')));
  afterAll(clean);

  test('the second is refused on the hosts themselves, or waits', async () => {
    await clean();
    const playbook = join(program.folder, 'marks.yaml');
    writeFileSync(playbook, PLAYBOOK);
    let reached = () => {};
    const holds = new Promise<void>((resolve) => (reached = resolve));
    const first = program.start(['run', LAB_INVENTORY, playbook], (line) => /^running: Wait/.test(line) && reached());
    await Promise.race([holds, first.ended]);
    const { by, pid } = program.record().header;

    const refused = await program.run('run', LAB_INVENTORY, playbook);
    expect(refused.status, refused.output).toBe(4);
    for (const node of NODES) expect(words(refused)).toMatch(new RegExp(`${node} is held by ${by}.*pid ${pid}`));
    expect(await marks()).toEqual(NODES.map(() => 'marked\n'));

    const third = program.start(['run', LAB_INVENTORY, playbook, '--wait', '1m']);
    await until('the third waits', () => /is held by .*waiting for it/.test(third.said().replace(/\s+/g, ' ')));
    await Promise.all(NODES.map((node) => onNode(node, 'touch /run/lab-locks-go')));
    const ends = await Promise.all([first.ended, third.ended]);
    expect(
      ends.map(({ status }) => status),
      ends[1].output,
    ).toEqual([0, 0]);
    expect(await marks()).toEqual(NODES.map(() => 'marked\nmarked\n'));
  });
});
