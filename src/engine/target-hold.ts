import type { Identity } from '../journal/record.js';
import type { Applier } from './apply.js';
import type { HostRun } from './host-run.js';
import type { Run } from './run.js';

/** An applier whose scripts run only while this run holds the host. @throws FixError `lock/held` */
export async function lockTarget(
  _run: Run,
  _host: HostRun,
  _become: Identity | undefined,
  applier: Applier,
): Promise<Applier> {
  return applier;
}

export async function releaseTargets(_run: Run): Promise<void> {}
