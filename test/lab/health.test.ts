import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inGate, longTest } from '../support/in-gate.js';
import { fixFlannel, LAB_INVENTORY, lab } from '../support/lab.js';
import { checkLab, everything, expectSound, foundIds, settledState } from '../support/lab-check.js';
import { FAULTS } from '../support/lab-check-faults.js';
import { startProgram, UNSETTLED } from '../support/lab-program.js';

const folder = mkdtempSync(join(tmpdir(), 'fix-flannel-lab-health-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the seed', () => {
  beforeAll(() => lab('break', 'seed'));

  test('fails FF101, and FF102 that follows from it; what needs two addresses is not evaluated', async () => {
    const seen = await checkLab();
    expect(seen.findings.map(({ id, because }) => ({ id, because }))).toEqual([
      { id: 'FF101', because: null },
      { id: 'FF102', because: 'FF101' },
    ]);
    expect(seen.notEvaluated.map(({ id }) => id).sort()).toEqual(['FF401', 'FF402', 'FF403']);
    expect(seen.exitStatus, seen.output).toBe(2);
  });

  test('looked at by `check`, by `gather`, with reports written: no byte of a host or of etcd is another one', async () => {
    const before = await settledState();
    const formats = ['json', 'html', 'junit', 'sarif', 'prometheus'];
    const reports = formats.flatMap((format) => ['--report', `${format}=${join(folder, `report.${format}`)}`]);
    const checked = await fixFlannel('check', LAB_INVENTORY, ...reports);
    expect(checked.status, checked.stdout + checked.stderr).toBe(2);
    const gathered = await fixFlannel('gather', LAB_INVENTORY, '--out', join(folder, 'seed'));
    expect(gathered.status, gathered.stdout + gathered.stderr).toBe(0);
    expect(await everything()).toBe(before);
  });

  test('looked at without its hosts, from what was gathered: the same findings', async () => {
    const [live, recorded] = [await checkLab(), await checkLab('--from', join(folder, 'seed'))];
    expect(recorded.findings).toEqual(live.findings);
    expect(recorded.checks).toEqual(live.checks);
    expect(recorded.notEvaluated).toEqual(live.notEvaluated);
    expect(recorded.exitStatus).toBe(live.exitStatus);
  });

  longTest('a fix of it killed on node1 leaves a guard there: FF602', async () => {
    const args = ['run', LAB_INVENTORY, ...UNSETTLED];
    const running = startProgram({
      args,
      onStep: (step, { signal }) => {
        if (/^running: Restart flanneld/.test(step)) signal('SIGKILL');
      },
    });
    const end = await running.ended;
    expect(end.status, end.output).toBe(null);
    const seen = await checkLab();
    const guard = seen.findings.find(({ id }) => id === 'FF602');
    expect(guard?.hosts, seen.output).toEqual(['node1']);
    expect(guard?.evidence.join()).toMatch(/run \S+ left a guard that puts the node back in \d+ s/);
  });
});

describe('a healthy cluster', () => {
  beforeAll(() => lab('break', 'healthy'));

  test('passes every check on every host, and is left as it was', async () => {
    const before = await settledState();
    expectSound(await checkLab());
    expect(await everything()).toBe(before);
  });

  describe('with one thing wrong', () => {
    test.each(inGate(5, FAULTS))('$finds: $about', async ({ finds, says, hosts, status, make, undo }) => {
      await make();
      try {
        const seen = await checkLab();
        expect(foundIds(seen), seen.output).toBe(finds);
        const finding = seen.findings.find(({ summary }) => says.test(summary));
        expect(finding, seen.output).toBeDefined();
        expect(finding?.hosts).toEqual(hosts);
        expect(seen.exitStatus, seen.output).toBe(status ?? 2);
      } finally {
        await undo();
      }
    });

    test('and with all of that undone, it is sound again', async () => expectSound(await checkLab()));
  });
});
