import type { Connection } from '../core/connection.js';
import { FixError } from '../core/error.js';
import type { Module } from '../core/module.js';
import { bareName } from '../core/module-names.js';
import { printableLine } from '../core/text.js';
import type { Variables } from '../playbook/play.js';
import { isMapping } from '../playbook/read-keywords.js';
import { renderDeep, type Scope } from '../template/index.js';
import { carryOut, changeOf } from './changes.js';
import { readAsks } from './gather.js';
import type { HostRun } from './host-run.js';
import type { Road, Run } from './run.js';
import { parseArguments } from './task-arguments.js';
import { contextOf, environmentOf, type PlacedTask, roadOf, withEnvironment } from './task-context.js';
import { concludeOutcome, type ItemResult } from './task-outcome.js';
import { delegateName, flagOf, isNoLog, NO_PLAY, numberOf, scopeFor } from './variables.js';

/** Where a task is done. */
interface Place {
  /** The host that it is done on, and the one that it tells what it finds out. */
  readonly on: HostRun;
  readonly tells: HostRun;
  readonly road: Road;
  readonly delegated: ItemResult['delegated'];
}

/**
 * Does a task once for a host: reads what its module needs, plans, and, unless this is a check, acts.
 * @param own a connection of its own, for what goes on beside the run
 * @throws FixError whatever goes wrong
 */
export async function tryTask(
  run: Run,
  placed: PlacedTask,
  module: Module,
  host: HostRun,
  scope: Scope,
  own = false,
): Promise<ItemResult> {
  const { task, frame } = placed;
  const context = contextOf(run, placed, host, scope);
  const args = argumentsOf(placed, module, scope);
  const { on, tells, road, delegated } = placeOf(run, placed, host, scope);
  const asynchronous = numberOf(task.async, scope, 0);
  const limit = numberOf(frame.timeout, scope, 0) || asynchronous;
  const limitMs = limit > 0 ? limit * 1000 : undefined;
  const timeoutMs = limitMs ?? run.settings.scriptTimeoutMs;
  // A module that asks nothing and does nothing needs no connection.
  let ofItsOwn: Promise<Connection> | undefined;
  const connection = () => {
    if (!own) return run.connectionOf(on, road, on === host ? '' : host.name);
    ofItsOwn ??= run.newConnection(on, road);
    return ofItsOwn;
  };
  try {
    const asks = module.needs?.(args, context) ?? {};
    const readings =
      Object.keys(asks).length === 0
        ? {}
        : await readAsks(await connection(), asks, { nonce: run.world.nonce(), timeoutMs });
    const outcome = module.plan(args, readings, context);
    const result = await concludeOutcome(
      outcome,
      context.check,
      (tells === host && placed.everyone) || [tells],
      run,
      task.at,
      async (planned) => {
        const environment = environmentOf(frame, scope);
        const applier = {
          connection: withEnvironment(await connection(), environment),
          newConnection: async () => withEnvironment(await run.newConnection(on, road), environment),
          nonce: run.world.nonce,
          timeoutMs,
          limitMs,
          sleep: run.world.sleep,
          now: run.world.now,
          elapsedMs: run.world.elapsedMs,
          saveFile: run.world.saveFile,
          reconnect: () => reconnected(run, on, road),
        };
        const noLog = isNoLog(frame.noLog, scope);
        return carryOut(run, on, changeOf(placed, planned, road, noLog), applier);
      },
    );
    return { ...result, become: road.become, delegated };
  } finally {
    ofItsOwn?.then((one) => one.close()).catch(() => {});
  }
}

/** Gives up what was open to a host, and opens it anew. */
export async function reconnected(run: Run, host: HostRun, road: Road) {
  run.forgetConnections(host);
  return run.connectionOf(host, road);
}

/** The host itself, or the one that `delegate_to` names, reached as that host's variables say. */
function placeOf(run: Run, { frame }: PlacedTask, host: HostRun, scope: Scope): Place {
  const name = delegateName(frame.delegateTo, scope);
  if (name === '' || name === host.name) {
    return { on: host, tells: host, road: roadOf(frame, scope), delegated: undefined };
  }
  const on = run.hostNamed(name);
  const theirs = scopeFor(run, on, { play: {}, hosts: NO_PLAY });
  const address = theirs.has('ansible_host') ? String(renderDeep(theirs.get('ansible_host'), theirs)) : name;
  const tells = flagOf(frame.delegateFacts, scope) === true ? on : host;
  return { on, tells, road: roadOf(frame, scope, theirs), delegated: { name, address } };
}

/** A task's own arguments, over those that `module_defaults` has for its module. */
function argumentsOf({ task, frame }: PlacedTask, module: Module, scope: Scope): unknown {
  const render = (value: unknown) => renderDeep(value, scope);
  const defaults: Record<string, unknown> = {};
  for (const given of frame.moduleDefaults) {
    const dict = typeof given === 'string' ? render(given) : given;
    if (!isMapping(dict)) throw notADict('module_defaults', task.at);
    for (const [name, args] of Object.entries(dict)) {
      if (bareName(name) !== task.module && bareName(name) !== module.name) continue;
      const known = typeof args === 'string' ? render(args) : args;
      if (!isMapping(known)) throw notADict('module_defaults', task.at);
      Object.assign(defaults, known);
    }
  }
  const isEmpty = Object.keys(defaults).length === 0;
  const own = typeof task.args === 'string' ? { _raw_params: task.args } : named(module, task.args, render);
  return parseArguments(
    module,
    isEmpty && typeof task.args === 'string' ? task.args : { ...defaults, ...own },
    task.at,
    render,
  );
}

function named(module: Module, args: Variables, render: (value: unknown) => unknown): Variables {
  if (!module.namesVariables) return args;
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [String(render(name)), value]));
}

export function notADict(keyword: string, at: string): FixError {
  return new FixError('playbook/invalid', `${printableLine(keyword, 60)} has to be a dict`, {
    hint: 'Write name: value lines.',
    at,
  });
}
