import { beforeAll, describe, expect, test } from 'vitest';
import { inGate } from '../support/in-gate.js';
import { LAB_INVENTORY, lab, onNode } from '../support/lab.js';
import { ownJournals, tasksBegun } from '../support/lab-journal.js';
import { UNSETTLED } from '../support/lab-program.js';
import { fingerprint, locksInEtcd, NODES, UNIT, whatStaysWrong } from '../support/lab-state.js';
import { oneMore, starts, trees } from '../support/lab-undo.js';

/** Without the lines that it is broken into. */
const words = (output: string) => output.replace(/\s+/g, ' ');

describe.each(inGate(1, [{ fault: 'seed' }, { fault: 'v3' }]))('a fix of $fault', ({ fault }) => {
  const program = ownJournals();
  const rollback = (...more: string[]) => program.run('rollback', LAB_INVENTORY, ...more);
  let before: string[];
  let fixed: string[];
  let fix: string;
  let undo: string;

  beforeAll(async () => {
    await lab('break', fault);
    before = await trees();
    const ran = await program.run('run', LAB_INVENTORY, ...UNSETTLED);
    expect(ran.status, ran.output).toBe(0);
    fixed = await trees();
    fix = program.record().header.id;
  });

  test('rolled back: every file, mode, owner and unit is as before, nothing is left, docker restarts once', async () => {
    const [docker, flanneld] = [await starts('docker'), await starts('flanneld')];
    const ran = await rollback('--run', fix);
    expect(ran.status, ran.output).toBe(0);
    expect(await trees()).toEqual(before);
    expect(await starts('docker')).toEqual(oneMore(docker));
    expect(await starts('flanneld')).toEqual(oneMore(flanneld));
    expect(await locksInEtcd()).toEqual([]);
    undo = program.record().header.id;
    // The node that was mended last is put back first.
    expect(ran.output).toMatch(/batch 3 of 3: node1/);
  });

  test('rolled back a second time: there is nothing to do', async () => {
    const state = await fingerprint();
    const ran = await rollback('--run', fix);
    expect(ran.status, ran.output).toBe(0);
    expect(ran.output).toContain('Sound: 3 hosts, nothing to change.');
    expect(await fingerprint()).toBe(state);
  });

  // What follows has nothing to do with the store that leases are in: it is looked at once.
  if (fault !== 'seed') return;

  test('`runs list` and `runs show` name what happened', async () => {
    const list = await program.run('runs', 'list');
    expect(list.status, list.output).toBe(0);
    expect(list.output).toMatch(new RegExp(`${fix} .* 3 hosts changed`));
    expect(words(list.output)).toContain(`${LAB_INVENTORY}: Done. 3 hosts: 3 changed, 0 failed, 1 dead lease deleted.`);
    expect(words(list.output)).toContain(`rollback of ${fix} on ${LAB_INVENTORY}: Done. 3 hosts: 3 changed, 0 failed.`);
    const show = await program.run('runs', 'show', fix);
    expect(show.status, show.output).toBe(0);
    for (const node of NODES) expect(show.output).toContain(`${node}  done`);
    expect(show.output).toMatch(/before: \/etc\/systemd\/system\/flanneld\.service 0644 0:0, \d+ bytes/);
    expect(show.output).toMatch(/noted: lease \S+, published 10\.0\.2\.15/);
    expect(words(show.output)).toMatch(/~ Restart flanneld: [^~]*docker\.service restarts with it/);
    expect(words(show.output)).toMatch(/deleted the dead lease \S+ of 10\.0\.2\.15/);
    expect(show.output).toContain(`undo it: fix-flannel rollback ${LAB_INVENTORY} --run ${fix}`);
    for (const node of NODES) expect(tasksBegun(program.record(undo), node)).toEqual(['Put it back']);
  });

  test('the rollback rolled back: the fix is there again', async () => {
    const docker = await starts('docker');
    const ran = await rollback('--run', undo);
    expect(ran.status, ran.output).toBe(0);
    expect(await trees()).toEqual(fixed);
    expect(await starts('docker')).toEqual(oneMore(docker));
  });

  test('`--check` says what would be put back, and changes nothing', async () => {
    const state = [await fingerprint(), await trees(), program.runs().length];
    const ran = await rollback('--run', fix, '--check');
    expect(ran.status, ran.output).toBe(2);
    expect(ran.output).toContain('3 hosts of 3 would change');
    expect(ran.output).toMatch(/put back \/etc\/systemd\/system\/flanneld\.service/);
    expect([await fingerprint(), await trees(), program.runs().length]).toEqual(state);
    expect(await locksInEtcd()).toEqual([]);
  });

  test('`--limit node2` puts node2 back alone, and names the others', async () => {
    const docker = await starts('docker');
    const ran = await rollback('--run', fix, '--limit', 'node2');
    expect(ran.status, ran.output).toBe(0);
    expect(ran.output).toMatch(/not put back, as --limit leaves them out: (node1, node3|node3, node1)/);
    expect(await trees()).toEqual([fixed[0], before[1], fixed[2]]);
    expect(await starts('docker')).toEqual(docker.map((count, index) => (index === 1 ? count + 1 : count)));
  });

  test('files that were edited since: each is named, and no host is touched', async () => {
    const copy = `${UNIT}.before-${fix}`;
    await onNode('node1', `echo '# by hand' >>${UNIT}; chmod 600 ${copy}`);
    const state = [await fingerprint(), await trees(), program.runs().length];
    const ran = await rollback('--run', fix);
    expect(ran.status, ran.output).toBe(4);
    const said = words(ran.output);
    expect(said).toMatch(new RegExp(`${UNIT}: changed since: digest [0-9a-f]{12}, was [0-9a-f]{12}`));
    expect(said).toContain(`${copy}: changed since: mode 0600, was 0644`);
    expect(said).toContain('nothing was changed');
    expect([await fingerprint(), await trees(), program.runs().length]).toEqual(state);
  });

  test('fixed again after all that: node2 alone is changed, and what was edited stays', async () => {
    const docker = await starts('docker');
    const ran = await program.run('run', LAB_INVENTORY, ...UNSETTLED);
    expect(ran.status, ran.output).toBe(0);
    expect(await starts('docker')).toEqual(docker.map((count, index) => (index === 1 ? count + 1 : count)));
    const wrong = await whatStaysWrong({ nodes: ['node2', 'node3'], otherLeases: 1 });
    expect(wrong).toEqual([]);
    expect(await onNode('node1', `tail -1 ${UNIT}`)).toBe('# by hand\n');
  });
});
