import { resolve } from 'node:path';
import { FixError } from '../core/error.js';
import type { Fields } from '../core/module.js';
import type { BlockStep, Included, IncludeStep, Step, Variables } from '../playbook/play.js';
import { asValues, renderDeep } from '../template/index.js';
import type { BatchRun } from './batch-run.js';
import type { TaskResult } from './events.js';
import { type Frame, innerFrame, layersOf } from './frame.js';
import { type HostRun, isWorking } from './host-run.js';
import { extendedOf, itemsOf, itemVariables } from './loop.js';
import type { Run } from './run.js';
import { skipped, troubleOf } from './task-outcome.js';
import { allHold, flagOf, ignores, isNoLog, isTrue, scopeFor } from './variables.js';

/** Hosts that include the same, with the same variables. */
interface Group {
  readonly args: Fields;
  readonly vars: Variables;
  readonly label: unknown;
  readonly hosts: HostRun[];
}

/** What an include is told of by, and what runs the steps that it brings. */
export interface IncludeTools {
  tell(result: TaskResult): boolean;
  runSteps(steps: readonly Step[], frame: Frame, hosts: readonly HostRun[]): Promise<HostRun[]>;
}

/** Files that bring each other in, one below the other, while a play runs. */
const MAX_DEPTH = 64;

/**
 * Brings in what an include means for each host, and runs it: hosts for which it is the same run it together, in the
 * order in which they first asked for it.
 * @returns the hosts that failed
 */
export async function runInclude(
  run: Run,
  batch: BatchRun,
  step: IncludeStep,
  outer: Frame,
  hosts: readonly HostRun[],
  tools: IncludeTools,
): Promise<HostRun[]> {
  const failed = new Set<HostRun>();
  const groups = new Map<string, Group>();
  const frame = innerFrame(outer, step);
  const refuse = (host: HostRun, error: unknown, args: Fields = {}) => {
    // What cannot be brought in fails the host, whatever the include ignores: so it is with Ansible.
    const trouble = troubleOf(error);
    const told = { ...trouble, result: { ...trouble.result, ...reasonOf(step, args, trouble) } };
    const result = { ...resultFor(run, batch, frame, host, told), ignored: false };
    if (tools.tell(result)) failed.add(host);
  };
  const first = hosts[0] as HostRun;
  const isOnce = flagOf(frame.runOnce, scopeFor(run, first, { ...layersOf(frame), hosts: batch.hosts })) === true;
  for (const host of isOnce ? [first] : hosts) {
    try {
      const asked = askedBy(run, batch, step, frame, host);
      if (asked.length === 0) tools.tell(resultFor(run, batch, frame, host, skipped()));
      for (const one of asked) {
        const key = JSON.stringify([one.args, one.vars]);
        const group = groups.get(key) ?? { ...one, hosts: [] };
        groups.set(key, group);
        if (!group.hosts.includes(host)) group.hosts.push(...(isOnce ? hosts : [host]));
      }
    } catch (error) {
      refuse(host, error);
    }
  }
  const opened = [...groups.values()].flatMap(({ args, vars, label, hosts: theirs }) => {
    const going = theirs.filter((host) => !failed.has(host));
    try {
      if (outer.depth >= MAX_DEPTH) throw tooDeep(step.at);
      const included = step.open(args);
      join(batch, step, args, included, going);
      if (step.what === 'tasks') tellIncluded(run, included.label, going, label);
      return [{ included, going, inside: frameInside(outer, step, vars) }];
    } catch (error) {
      for (const host of going) refuse(host, error, args);
      return [];
    }
  });
  for (const { included, going, inside } of opened) {
    const left = going.filter((host) => isWorking(host) && !failed.has(host));
    if (left.length === 0 || batch.over) continue;
    for (const host of await tools.runSteps(included.steps, inside, left)) failed.add(host);
  }
  return [...failed];
}

function tellIncluded(run: Run, what: string, hosts: readonly HostRun[], label: unknown): void {
  run.emit({ kind: 'included', what, hosts: hosts.map(({ name }) => name), label });
  for (const host of hosts) host.counts.ok++;
}

/** What a host wants included: nothing where its condition fails, once for each item of a loop. */
function askedBy(run: Run, batch: BatchRun, step: IncludeStep, frame: Frame, host: HostRun): Omit<Group, 'hosts'>[] {
  const layers = { ...layersOf(frame), hosts: batch.hosts };
  const scope = scopeFor(run, host, layers);
  const once = (vars: Variables, label: unknown): Omit<Group, 'hosts'>[] => {
    const inner = scopeFor(run, host, { ...layers, loop: vars });
    if (!allHold(step.when, inner)) return [];
    return [{ args: renderDeep(step.args, inner) as Fields, vars, label }];
  };
  if (step.loop === undefined) return once({}, undefined);
  const { loop } = step;
  let items: readonly unknown[];
  try {
    items = itemsOf(loop, scope, step.at);
  } catch (error) {
    if (!allHold(step.when, scope)) return [];
    throw error;
  }
  const extended = extendedOf(loop, scope);
  return items.flatMap((item, index) => {
    const { vars } = itemVariables(loop, items, index, extended);
    const label =
      loop.label === undefined ? item : renderDeep(loop.label, scopeFor(run, host, { ...layers, loop: vars }));
    return once(vars, label);
  });
}

/** What is included has what stands around the include, its `vars`, its item, and what `apply` says; not its other words. */
function frameInside(outer: Frame, step: IncludeStep, item: Variables): Frame {
  const vars = { ...step.vars, ...asValues(item) };
  // They win over what was registered, and over what its tasks say themselves.
  const inside = { ...outer, params: { ...outer.params, ...vars }, depth: outer.depth + 1 };
  return step.apply === undefined ? inside : innerFrame(inside, step.apply satisfies BlockStep);
}

/** Handlers of an included role join the play's; what a role makes public holds for its hosts from there on. */
function join(batch: BatchRun, step: IncludeStep, args: Fields, included: Included, hosts: readonly HostRun[]): void {
  for (const handler of included.handlers) if (!batch.handlers.includes(handler)) batch.handlers.push(handler);
  if (step.what !== 'role' || !isTrue(args.public)) return;
  for (const { exposed } of hosts) {
    for (const { defaults, vars } of included.roles) {
      Object.assign(exposed.defaults, defaults);
      Object.assign(exposed.vars, vars);
    }
  }
}

function resultFor(
  run: Run,
  batch: BatchRun,
  frame: Frame,
  host: HostRun,
  result: ReturnType<typeof troubleOf>,
): TaskResult {
  const scope = scopeFor(run, host, { ...layersOf(frame), hosts: batch.hosts });
  const ignored = result.status === 'failed' && ignores(frame.ignoreErrors, scope);
  return { ...result, host: host.name, ignored, noLog: isNoLog(frame.noLog, scope) };
}

/** Ansible's words for a file of tasks that is not there; `rescue` may ask for them. */
function reasonOf({ what, folder }: IncludeStep, { file }: Fields, { code }: ReturnType<typeof troubleOf>): Fields {
  if (what !== 'tasks' || code !== 'file/missing') return {};
  return { reason: `Could not find or access '${resolve(folder, String(file))}' on the Ansible Controller.` };
}

function tooDeep(at: string): FixError {
  return new FixError('playbook/invalid', `includes stand ${MAX_DEPTH} deep in each other`, {
    hint: 'Give the include that brings itself in a condition that ends it.',
    at,
  });
}
