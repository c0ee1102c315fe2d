import { mapLimit } from '../core/concurrency.js';
import type { Connection } from '../core/connection.js';
import type { Asks } from '../core/fact.js';
import type { Outcome } from '../core/module.js';
import { cidrText } from '../flannel/address.js';
import type { RegistrySpec } from '../flannel/registry.js';
import type { FleetAction, FleetHost, FleetModule, FleetOutcome, FleetTools } from '../modules/fleet-module.js';
import { renderDeep, type Scope } from '../template/index.js';
import { carryOut, changeOf, stopped, timeOf } from './changes.js';
import type { TaskResult } from './events.js';
import { layersOf } from './frame.js';
import type { HostRun } from './host-run.js';
import { tunnelFor, withKubernetes, withRegistry } from './registry-road.js';
import type { Run } from './run.js';
import { parseArguments } from './task-arguments.js';
import { contextOf, type PlacedTask, roadOf } from './task-context.js';
import { concludeOutcome, troubleOf } from './task-outcome.js';
import { reconnected } from './try-task.js';
import { allHold, ignores, isNoLog, scopeFor } from './variables.js';

interface Member extends FleetHost {
  readonly run: HostRun;
  readonly scope: Scope;
}

/** Runs a task that looks at all of its hosts at once, and tells each host's part of it. */
export async function runFleetTask(
  run: Run,
  placed: PlacedTask,
  module: FleetModule,
  hosts: readonly HostRun[],
): Promise<TaskResult[]> {
  const members = hosts.map((host): Member => {
    const scope = scopeFor(run, host, { ...layersOf(placed.frame), hosts: placed.hosts });
    return { name: host.name, run: host, scope, task: contextOf(run, placed, host, scope) };
  });
  const noLog = members.some(({ scope }) => isNoLog(placed.frame.noLog, scope));
  const finish = async (member: Member, make: () => Promise<ReturnType<typeof troubleOf>>): Promise<TaskResult> => {
    const result = await make().catch(troubleOf);
    return {
      ...result,
      host: member.name,
      ignored: result.status === 'failed' && ignores(placed.frame.ignoreErrors, member.scope),
      noLog,
    };
  };
  try {
    return await planned(run, placed, module, members, finish);
  } catch (error) {
    return mapLimit(members, run.settings.forks, (member) => finish(member, () => Promise.reject(error)));
  }
}

type Finish = (member: Member, make: () => Promise<ReturnType<typeof troubleOf>>) => Promise<TaskResult>;

async function planned(run: Run, placed: PlacedTask, module: FleetModule, members: readonly Member[], finish: Finish) {
  const taking = members.filter((member) => allHold(placed.frame.when, member.scope));
  const tools = toolsOf(run, placed, members);
  const outcome =
    taking.length > 0 ? await plan(module, placed, taking, tools) : { outcomes: new Map<string, Outcome>() };
  tell(run, outcome);
  for (const { spec, via } of outcome.registries ?? []) noteSite(run, placed, members, spec, via);
  const check = (member: Member) => member.task.check;
  const results = await mapLimit(members, run.settings.forks, (member) =>
    finish(member, () => concludeMember(run, placed, outcome, member, check(member))),
  );
  if (taking.length > 0 && !taking.some(check)) {
    for (const action of outcome.actions ?? []) await actOnFleet(run, placed, members, action);
  }
  return results;
}

function plan(
  module: FleetModule,
  { task }: PlacedTask,
  taking: readonly Member[],
  tools: FleetTools,
): Promise<FleetOutcome> {
  const { scope } = taking[0] as Member;
  const args = parseArguments(module, task.args, task.at, (value) => renderDeep(value, scope));
  return module.plan(args, taking, tools);
}

/** Keeps the way to a cluster's lock. */
function noteSite(run: Run, placed: PlacedTask, members: readonly Member[], spec: RegistrySpec, via: string): void {
  const name = `the cluster of ${spec.prefix} in etcd ${spec.store} at ${[...spec.endpoints].sort()[0]}`;
  const member = members.find((one) => one.name === via) as Member;
  const open = async () =>
    run.world.openLock(spec, await tunnelFor(run.world, spec, () => connectionTo(run, placed, member)));
  run.sites.set(name, { name, open });
}

function tell(run: Run, { findings, notEvaluated, notes, sites, basis, clusterBasis }: FleetOutcome): void {
  if (basis !== undefined) run.emit({ kind: 'basis', hosts: basis, cluster: clusterBasis ?? {} });
  if (findings === undefined) return;
  run.emit({ kind: 'findings', findings, notEvaluated: notEvaluated ?? [], notes: notes ?? [], sites: sites ?? [] });
}

async function concludeMember(run: Run, placed: PlacedTask, outcome: FleetOutcome, member: Member, check: boolean) {
  if (outcome.errors?.has(member.name)) throw outcome.errors.get(member.name);
  const own = outcome.outcomes.get(member.name) ?? { kind: 'skip' as const, why: 'its condition is false' };
  const road = roadOf(placed.frame, member.scope);
  const result = await concludeOutcome(own, check, [member.run], run, placed.task.at, async (planned) => {
    if (planned.actions.length === 0) return [];
    const noLog = isNoLog(placed.frame.noLog, member.scope);
    return carryOut(run, member.run, changeOf(placed, planned, road, noLog), await applierOf(run, placed, member));
  });
  return { ...result, become: road.become };
}

async function applierOf(run: Run, placed: PlacedTask, member: Member) {
  return {
    connection: await connectionTo(run, placed, member),
    newConnection: () => run.newConnection(member.run, roadOf(placed.frame, member.scope)),
    nonce: run.world.nonce,
    timeoutMs: run.settings.scriptTimeoutMs,
    sleep: run.world.sleep,
    now: run.world.now,
    elapsedMs: run.world.elapsedMs,
    saveFile: run.world.saveFile,
    reconnect: () => reconnected(run, member.run, roadOf(placed.frame, member.scope)),
  };
}

function connectionTo(run: Run, { frame }: PlacedTask, member: Member): Promise<Connection> {
  return run.connectionOf(member.run, roadOf(frame, member.scope));
}

async function actOnFleet(
  run: Run,
  placed: PlacedTask,
  members: readonly Member[],
  action: FleetAction,
): Promise<void> {
  run.memory.clear();
  switch (action.kind) {
    case 'delete-lease': {
      const tools = toolsOf(run, placed, members);
      const { subnet, publicIp } = action.lease;
      const lease = `the dead lease ${cidrText(subnet)} of ${publicIp}`;
      if (run.planGuard && !run.planGuard.deletes(lease, placed.task.at)) {
        run.emit({ kind: 'warning', message: `${lease} stays: the plan does not hold it` });
        return;
      }
      const write = (what: string) => run.world.journal.cluster({ at: timeOf(run), what });
      run.hold.assertHeld();
      await write(`delete ${lease}`);
      const outcome = await tools.withRegistry(action.registry, action.via, (registry) => {
        // Reaching etcd may have taken long.
        run.hold.assertHeld();
        return registry.deleteLease(action.lease);
      });
      await write(`${outcome === 'deleted' ? 'deleted' : `left (${outcome})`} ${lease}`);
      run.emit({ kind: 'lease-deleted', subnet: subnet.toCidrString(), outcome });
      return;
    }
    default:
      action.kind satisfies never;
  }
}

function toolsOf(run: Run, placed: PlacedTask, members: readonly Member[]): FleetTools {
  const memberNamed = (name: string) => members.find((member) => member.name === name) as Member;
  const byName = new Map(members.map((member) => [member.name, member]));
  const { openKubernetes } = run.world;
  return {
    read: <A extends Asks>(host: string, asks: A) =>
      run.world.readFacts(host, asks, () => connectionTo(run, placed, byName.get(host) as Member), {
        nonce: run.world.nonce(),
        timeoutMs: run.settings.scriptTimeoutMs,
      }),
    withRegistry: (spec, via, use) =>
      withRegistry(run.world, spec, () => connectionTo(run, placed, memberNamed(via)), use),
    ...(openKubernetes && { kubernetes: (spec, use) => withKubernetes(openKubernetes, spec, use) }),
    whereIsConfig: async (spec, via) => {
      const tunnel = await tunnelFor(run.world, spec, () => connectionTo(run, placed, memberNamed(via)));
      return run.world.whereIsConfig(spec, tunnel);
    },
    etcdHealth: async (spec, via) => {
      const tunnel = await tunnelFor(run.world, spec, () => connectionTo(run, placed, memberNamed(via)));
      return run.world.etcdHealth(spec, tunnel);
    },
    remember: <T>(key: string, make: () => Promise<T>) => {
      const known = run.memory.get(key) as Promise<T> | undefined;
      const made = known ?? make();
      run.memory.set(key, made);
      return made;
    },
    forget: () => run.memory.clear(),
    sleep: async (ms) => {
      await run.world.sleep(ms);
      // Whoever waits for a host would wait on with no pause: a stop at once fails the task, and its rescue undoes.
      if (run.stop.now && !placed.frame.undoing) throw stopped(placed.task.at);
    },
    now: run.world.now,
    each: (hosts, work) => mapLimit(hosts, run.settings.forks, work),
  };
}
