import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReportVerdict } from '../../src/compliance/report.js';
import type { ScheduleStatus } from '../../src/schedule/schedule-status.js';
import { inGate } from '../support/in-gate.js';
import { lab, onNode } from '../support/lab.js';
import { fixFlannelOn, installProgram, removeProgram, SITE } from '../support/lab-guest-program.js';

interface Shown {
  readonly name: string;
  readonly state: string;
  readonly systemd: ScheduleStatus | null;
  readonly lastReport: { readonly id: string; readonly verdict: ReportVerdict } | null;
}

/** How the one schedule of a guest stands. */
async function statusOf(node: string): Promise<Shown> {
  const ended = await fixFlannelOn(node, 'schedule', 'status', '--json');
  expect(ended.status, ended.stdout + ended.stderr).toBe(0);
  const { schedules } = JSON.parse(ended.stdout) as { schedules: readonly Shown[] };
  expect(schedules).toHaveLength(1);
  return schedules[0] as Shown;
}

/** Once a check that the timer began has ended so. */
async function ended(node: string, exitStatus: number): Promise<Shown> {
  const end = Date.now() + 150_000;
  for (;;) {
    const shown = await statusOf(node);
    if (shown.systemd?.exitStatus === exitStatus && shown.lastReport?.verdict.exitStatus === exitStatus) return shown;
    if (Date.now() > end) {
      const journal = await onNode(node, 'journalctl --no-pager -n 60 -u "fix-flannel-check-*"');
      throw new Error(`no check ended with ${exitStatus}: ${JSON.stringify(shown)}\n${journal}`);
    }
    await sleep(2000);
  }
}

const SERVICE = 'fix-flannel-check-lab.service';
/** What there is of schedules on a guest, beside their reports. */
const TRACES = `ls -d /etc/systemd/system/fix-flannel* /etc/systemd/system/*/fix-flannel* 2>/dev/null
systemctl list-unit-files --no-legend 'fix-flannel-check*'; systemctl list-timers --all --no-legend 'fix-flannel-check*'
systemctl list-units --all --plain --no-legend 'fix-flannel-check*'
getent passwd fix-flannel-check-lab; ls -d /run/credentials/fix-flannel* /run/fix-flannel-check* 2>/dev/null; true`;

const OWNERS = [
  { as: 'a user that there is only while it runs', more: [] },
  { as: 'root', more: ['--run-as', 'root'] },
];

describe('a schedule in a guest', () => {
  beforeAll(async () => {
    await lab('break', 'healthy');
    await installProgram('node1');
  });
  afterAll(() => removeProgram('node1'));

  describe.each(inGate(1, OWNERS))('as $as', ({ more }) => {
    test('is installed: its timer fires, and the check finds the cluster sound', async () => {
      const calendar = ['--on-calendar', '*:*:0/20', '--randomized-delay', '0'];
      const key = ['--', '--private-key', `${SITE}/id_ed25519`];
      const install = ['schedule', 'install', `${SITE}/lab.yaml`, ...calendar, ...more, '--enable', ...key];
      const done = await fixFlannelOn('node1', ...install);
      expect(done.status, done.stdout + done.stderr).toBe(0);
      const { name, state, systemd, lastReport } = await ended('node1', 0);
      expect({ name, verdict: lastReport?.verdict.kind }).toEqual({ name: 'lab', verdict: 'sound' });
      expect(systemd).toMatchObject({ timer: 'waiting', isEnabled: true, result: 'success' });
      expect(systemd?.next).toMatch(/^\d{4}-\d\d-\d\dT/);
      const kept = await onNode('node1', `find -L ${state} -name '${lastReport?.id}.json' -size +1k -perm 600`);
      expect(kept.trim().split('\n')).toHaveLength(1);
      expect(kept).toContain('.json');
    });

    test('sees a fault by itself: the service fails with the status of the check', async () => {
      await onNode('node2', 'systemctl stop flanneld');
      try {
        const { systemd, lastReport } = await ended('node1', 2);
        expect(systemd?.result).toBe('exit-code');
        expect(lastReport?.verdict.kind).toBe('findings');
        const text = (await fixFlannelOn('node1', 'schedule', 'status')).stdout;
        expect(text).toContain('ended with 2');
      } finally {
        await onNode('node2', 'systemctl start flanneld docker');
      }
    });

    test('is removed: no unit, timer or user is left; reports stay', async () => {
      const { state } = await statusOf('node1');
      const removed = await fixFlannelOn('node1', 'schedule', 'remove', 'lab');
      expect(removed.status, removed.stdout + removed.stderr).toBe(0);
      // A check that runs just then would end by itself, and systemd keeps in mind how it ended.
      await onNode(
        'node1',
        `systemctl stop ${SERVICE} 2>/dev/null; systemctl reset-failed ${SERVICE} 2>/dev/null; true`,
      );
      expect(await onNode('node1', TRACES)).toBe('');
      expect(await onNode('node1', `find -L ${state} -name '*.json' | head -1`)).toContain('.json');
      expect((await fixFlannelOn('node1', 'schedule', 'status')).stdout).toContain('No schedules in');
      await onNode('node1', 'rm -rf /var/lib/fix-flannel /var/lib/private/fix-flannel');
    });
  });
});
