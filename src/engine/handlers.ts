import type { Handler } from '../playbook/play.js';
import type { BatchRun } from './batch-run.js';
import { type HostRun, isWorking } from './host-run.js';

/** Notes which handlers a change on a host wants run. */
export function notify(batch: BatchRun, host: HostRun, names: readonly string[]): void {
  if (names.length === 0) return;
  const notified = batch.notified.get(host) ?? new Set();
  for (const name of names) notified.add(name);
  batch.notified.set(host, notified);
}

/**
 * Runs the notified handlers in the order in which they are written, and forgets the notices.
 * @param force also on hosts that failed
 * @returns the hosts that failed
 */
export async function runHandlers(
  batch: BatchRun,
  force: boolean,
  runOn: (handler: Handler, hosts: readonly HostRun[]) => Promise<HostRun[]>,
  only: (host: HostRun) => boolean = () => true,
): Promise<HostRun[]> {
  const failed = new Set<HostRun>();
  for (let index = 0; index < batch.handlers.length; index += 1) {
    const handler = batch.handlers[index] as Handler;
    const hosts = [...batch.notified]
      .filter(
        ([host, names]) =>
          only(host) && answers(handler, names, batch) && (force ? host.state !== 'unreachable' : isWorking(host)),
      )
      .map(([host]) => host)
      .filter((host) => !failed.has(host));
    if (hosts.length === 0) continue;
    for (const host of await runOn(handler, hosts)) failed.add(host);
  }
  for (const host of [...batch.notified.keys()]) if (only(host)) batch.notified.delete(host);
  return [...failed];
}

/** Of several handlers with one name the last one answers to it; to a topic all answer that listen. */
function answers(handler: Handler, names: ReadonlySet<string>, { handlers }: BatchRun): boolean {
  const isLast = (name: string) => handlers.findLast((one) => namesOf(one).includes(name)) === handler;
  return (
    namesOf(handler).some((name) => names.has(name) && isLast(name)) || handler.listen.some((topic) => names.has(topic))
  );
}

/** A role's handler can be notified by its name, and by its role's and its own. */
function namesOf({ name, role }: Handler): string[] {
  if (name === undefined) return [];
  return role === undefined ? [name] : [name, `${role.name} : ${name}`];
}
