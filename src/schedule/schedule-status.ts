import { unitNames } from './schedule-name.js';
import type { Systemd } from './systemd.js';

/** How a schedule stands. Times are ISO 8601 in UTC. */
export interface ScheduleStatus {
  readonly timer: 'waiting' | 'stopped' | 'not loaded';
  /** Started at boot. */
  readonly isEnabled: boolean;
  readonly isRunning: boolean;
  readonly next: string | null;
  readonly lastStart: string | null;
  readonly lastEnd: string | null;
  /** Of the last check; null where none has ended since the machine was started. */
  readonly exitStatus: number | null;
  /** What systemd makes of it: `success`, `exit-code`, `timeout`, `signal`. */
  readonly result: string | null;
}

const OF_TIMER = ['LoadState', 'ActiveState', 'UnitFileState', 'NextElapseUSecRealtime'];
const OF_SERVICE = [
  'ActiveState',
  'Result',
  'ExecMainStatus',
  'ExecMainCode',
  'ExecMainStartTimestamp',
  'ExecMainExitTimestamp',
];

/** @returns undefined where systemd does not answer */
export async function scheduleStatus(name: string, systemd: Systemd): Promise<ScheduleStatus | undefined> {
  const names = unitNames(name);
  const timer = await systemd.show(names.timer, OF_TIMER);
  const service = await systemd.show(names.service, OF_SERVICE);
  return timer.size === 0 || service.size === 0 ? undefined : statusOf(timer, service);
}

/** Out of what `systemctl show` prints of timer and service. */
export function statusOf(timer: ReadonlyMap<string, string>, service: ReadonlyMap<string, string>): ScheduleStatus {
  const isLoaded = timer.get('LoadState') === 'loaded';
  const lastEnd = instantOf(service.get('ExecMainExitTimestamp'));
  return {
    timer: !isLoaded ? 'not loaded' : timer.get('ActiveState') === 'active' ? 'waiting' : 'stopped',
    isEnabled: timer.get('UnitFileState') === 'enabled',
    isRunning: service.get('ActiveState') === 'activating',
    next: instantOf(timer.get('NextElapseUSecRealtime')),
    lastStart: instantOf(service.get('ExecMainStartTimestamp')),
    lastEnd,
    // 1: it ended by itself (CLD_EXITED of waitid).
    exitStatus:
      lastEnd !== null && service.get('ExecMainCode') === '1' ? numberOf(service.get('ExecMainStatus')) : null,
    result: lastEnd === null ? null : (service.get('Result') ?? null),
  };
}

function numberOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,3}$/.test(text) ? Number(text) : null;
}

/** `Mon 2026-11-30 02:00:00 UTC`, as systemd writes a time under TZ=UTC; empty, `n/a` and 0 are none. */
function instantOf(text: string | undefined): string | null {
  const match = /^(?:[A-Z][a-z]{2} )?(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)? UTC$/.exec(text ?? '');
  return match ? `${match[1]}T${match[2]}Z` : null;
}
