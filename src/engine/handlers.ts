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
  // A handler may notify one that stands before it.
  for (let pass = 1; pass <= MOST_PASSES && [...batch.notified.keys()].some(only); pass += 1) {
    for (const host of await runPass(batch, force, runOn, only)) failed.add(host);
  }
  for (const host of [...batch.notified.keys()]) if (only(host)) batch.notified.delete(host);
  return [...failed];
}

/** Handlers that notify each other in a circle come to an end. */
const MOST_PASSES = 3;

async function runPass(
  batch: BatchRun,
  force: boolean,
  runOn: (handler: Handler, hosts: readonly HostRun[]) => Promise<HostRun[]>,
  only: (host: HostRun) => boolean,
): Promise<HostRun[]> {
  const failed = new Set<HostRun>();
  const wanted = new Map<HostRun, Set<string>>();
  for (const [host, names] of batch.notified) if (only(host)) wanted.set(host, names);
  for (const host of wanted.keys()) batch.notified.delete(host);
  for (let index = 0; index < batch.handlers.length; index += 1) {
    const handler = batch.handlers[index] as Handler;
    const hosts = [...wanted]
      .filter(
        ([host, names]) => answers(handler, names, batch) && (force ? host.state !== 'unreachable' : isWorking(host)),
      )
      .map(([host]) => host)
      .filter((host) => !failed.has(host));
    if (hosts.length === 0) continue;
    for (const host of await runOn(handler, hosts)) failed.add(host);
    for (const host of hosts) takeUp(batch, host, index, wanted.get(host) as Set<string>);
  }
  return [...failed];
}

/** What a handler notified and stands after it is run in the same pass. */
function takeUp(batch: BatchRun, host: HostRun, index: number, wanted: Set<string>): void {
  const names = batch.notified.get(host);
  for (const name of names ?? []) {
    const isLater = batch.handlers.slice(index + 1).some((handler) => answers(handler, new Set([name]), batch));
    if (!isLater) continue;
    names?.delete(name);
    wanted.add(name);
  }
  if (names?.size === 0) batch.notified.delete(host);
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
