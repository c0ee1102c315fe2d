import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { mapLimit } from '../core/concurrency.js';
import { FixError } from '../core/error.js';
import { neverShow } from '../core/mask.js';
import { readYaml } from '../core/read-yaml.js';
import { limitHosts, matchHosts } from '../inventory/index.js';
import type { Play, Prompt, Step, TaskStep, Variables } from '../playbook/play.js';
import { isMapping } from '../playbook/read-keywords.js';
import { asValue, passwordHash, renderDeep } from '../template/index.js';
import { type BatchRun, failedOf } from './batch-run.js';
import { noteDone } from './chronicle.js';
import { type Frame, frameOfPlay, layersOf } from './frame.js';
import type { HostRun } from './host-run.js';
import { stepsAfter } from './resume.js';
import type { Run } from './run.js';
import { flushHandlers, runSteps } from './run-steps.js';
import { flagOf, NO_PLAY, numberOf, scopeFor } from './variables.js';

/** How a play ended: the next one runs only after `done`. */
export type PlayEnd = 'done' | 'failed' | 'stopped';

/** Runs one play, batch by batch; too many failures in a batch end it before the next batch begins. */
export async function runPlay(run: Run, play: Play): Promise<PlayEnd> {
  const { all, hosts } = hostsOf(run, play);
  run.emit({ kind: 'play', play: play.name, hosts: hosts.map((host) => host.name), check: run.settings.check });
  for (const host of hosts) {
    host.ended = false;
    host.resume = undefined;
    host.exposed = { defaults: {}, vars: {} };
  }
  const first = hosts[0];
  if (first === undefined) {
    run.emit({ kind: 'no-hosts', why: 'none matched' });
    return 'done';
  }
  const prompted = await promptedVars(run, play, first);
  const frame = frameOfPlay(play, { ...prompted, ...varsFromFiles(run, play, first, prompted) });
  const scope = scopeFor(run, first, { ...layersOf(frame), hosts: NO_PLAY });
  const batches = batchesOf(hosts, renderDeep(play.serial, scope), play.at);
  const isLast = play === run.settings.playbook.plays.at(-1);
  const allowed = numberOf(play.maxFailPercentage, scope, 100);
  for (const [index, batch] of batches.entries()) {
    if (run.stop.asked) return 'stopped';
    if (batches.length > 1) {
      run.emit({ kind: 'batch', hosts: batch.map((host) => host.name), index: index + 1, of: batches.length });
    }
    const end = await runBatch(run, play, frame, all, batch);
    if (end === 'done' && isLast && !run.settings.check) await noteDone(run, batch);
    const fallen = batch.filter((host) => host.state !== 'working').length;
    const tooMany = play.maxFailPercentage !== undefined && (100 * fallen) / batch.length > allowed;
    if (end === 'ended') break;
    if (end === 'over' || tooMany || fallen === batch.length) {
      if (!run.stop.asked) run.emit({ kind: 'no-hosts', why: 'none left' });
      return run.stop.asked ? 'stopped' : 'failed';
    }
  }
  return run.stop.asked ? 'stopped' : 'done';
}

/** The hosts of a play as the inventory has them, and those that are still working, in the play's order. */
function hostsOf(run: Run, play: Play): { all: HostRun[]; hosts: HostRun[] } {
  const { inventory } = run.live;
  const { limit } = run.settings;
  const pattern = playPattern(run, play);
  const unknown = (part: string) =>
    run.emit({ kind: 'warning', message: `${play.at}: ${JSON.stringify(part)} is no host or group of the inventory` });
  const matched = matchHosts(inventory, pattern, unknown);
  const wanted = limit === undefined ? matched : limitHosts(inventory, matched, limit);
  const all = [...new Set(wanted.map((host) => run.hosts.get(host.name) as HostRun))];
  if (all.length === 0)
    run.emit({ kind: 'warning', message: `${play.at}: no host matches ${JSON.stringify(pattern)}` });
  const working = all.filter((host) => host.state === 'working');
  return { all, hosts: inOrder(working, play.order) };
}

function inOrder(hosts: readonly HostRun[], order: Play['order']): HostRun[] {
  const byName = () => hosts.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  switch (order) {
    case 'inventory':
      return [...hosts];
    case 'reverse_inventory':
      return hosts.toReversed();
    case 'sorted':
      return byName();
    case 'reverse_sorted':
      return byName().reverse();
    case 'shuffle':
      return shuffled(hosts);
    default:
      return order satisfies never;
  }
}

function shuffled<T>(items: readonly T[]): T[] {
  const left = [...items];
  const taken: T[] = [];
  while (left.length > 0) taken.push(...left.splice(Math.floor(Math.random() * left.length), 1));
  return taken;
}

function playPattern(run: Run, play: Play): string {
  const host = run.hosts.values().next().value;
  if (host === undefined) return play.hosts;
  return String(renderDeep(play.hosts, scopeFor(run, host, { play: play.vars, hosts: NO_PLAY })));
}

async function runBatch(run: Run, play: Play, frame: Frame, all: readonly HostRun[], hosts: readonly HostRun[]) {
  const removed = new Set<string>();
  const batch: BatchRun = {
    hosts: {
      all: all.map((host) => host.name),
      batch: hosts.map((host) => host.name),
      working: () => all.filter((host) => host.state === 'working' && !removed.has(host.name)).map((host) => host.name),
    },
    notified: new Map(),
    waitedFor: new Map(),
    removed,
    cleared: new Set(),
    handlers: [...play.handlers],
    over: false,
    ended: undefined,
  };
  const force = flagOf(
    play.forceHandlers,
    scopeFor(run, hosts[0] as HostRun, { ...layersOf(frame), hosts: batch.hosts }),
  );
  const failed = await failedOf(batch, await allSteps(run, play, batch, frame, hosts));
  for (const host of failed) host.state = 'failed';
  if (!batch.over || force) {
    const fallen = await flushHandlers(run, batch, frame, force === true);
    for (const host of await failedOf(batch, fallen)) host.state = 'failed';
  }
  if (batch.ended === 'play') return 'ended';
  return batch.over && batch.ended === undefined ? 'over' : 'done';
}

/** The play's steps: together, or each host by itself as fast as it can. */
async function allSteps(run: Run, play: Play, batch: BatchRun, frame: Frame, hosts: readonly HostRun[]) {
  const steps = (await gathers(run, play, frame, hosts, batch)) ? [play.gather as TaskStep, ...play.steps] : play.steps;
  if (play.strategy === 'linear') {
    const failed = await runSteps(run, batch, steps, frame, hosts);
    return afterClearing(run, batch, steps, frame, failed);
  }
  const failed = await mapLimit(hosts, run.settings.forks, (host) => runSteps(run, batch, steps, frame, [host]));
  return failed.flat();
}

/** Hosts whose failure was forgotten go on where they fell. @returns those that failed, and are not among them */
async function afterClearing(run: Run, batch: BatchRun, steps: readonly Step[], frame: Frame, fallen: HostRun[]) {
  const failed = new Set(fallen);
  while (batch.cleared.size > 0) {
    const last = [...batch.cleared][0]?.resume;
    const together = [...batch.cleared].filter((host) => host.resume === last);
    for (const host of together) {
      batch.cleared.delete(host);
      failed.delete(host);
      host.resume = undefined;
    }
    const left = last === undefined ? [] : (stepsAfter(steps, last) ?? []);
    for (const host of await runSteps(run, batch, left, frame, together)) failed.add(host);
  }
  return [...failed];
}

async function gathers(run: Run, play: Play, frame: Frame, hosts: readonly HostRun[], batch: BatchRun) {
  if (play.gather === undefined) return false;
  const scope = scopeFor(run, hosts[0] as HostRun, { ...layersOf(frame), hosts: batch.hosts });
  const { gathering = 'explicit' } = run.settings;
  const said = flagOf(play.gatherFacts, scope);
  if (said !== undefined) return said;
  return (
    gathering === 'implicit' ||
    (gathering === 'smart' && hosts.some((host) => host.gathered.ansible_facts === undefined))
  );
}

/**
 * Cuts hosts into batches.
 *
 * @param serial a number, a percentage, or a list of them whose last repeats; nothing is one batch
 */
export function batchesOf<T>(hosts: readonly T[], serial: unknown, at?: string): T[][] {
  const sizes = (Array.isArray(serial) ? serial : serial === undefined || serial === null ? [] : [serial]).map((size) =>
    sizeOf(size, hosts.length, at),
  );
  const batches: T[][] = [];
  for (let from = 0; from < hosts.length; ) {
    const size = sizes[Math.min(batches.length, sizes.length - 1)] ?? hosts.length;
    batches.push(hosts.slice(from, from + size));
    from += size;
  }
  return batches;
}

function sizeOf(size: unknown, hosts: number, at?: string): number {
  const percent = typeof size === 'string' ? /^(\d+(?:\.\d+)?)%$/.exec(size.trim()) : null;
  const number = percent ? Math.floor((Number(percent[1]) / 100) * hosts) : Number(size);
  if (Number.isNaN(number) || (typeof size !== 'number' && typeof size !== 'string')) {
    throw new FixError('playbook/invalid', `serial: ${JSON.stringify(size)} is neither a number nor a percentage`, {
      hint: 'Write `serial: 1`, `serial: "25%"` or a list of these.',
      at,
    });
  }
  // Ansible reads 0 as all hosts, and a percentage of less than one host as one.
  if (percent) return Math.max(1, number);
  return number <= 0 ? Math.max(1, hosts) : Math.floor(number);
}

/** What a person answers, or else what is said to hold then; what the command line sets is not asked for. */
async function promptedVars(run: Run, play: Play, first: HostRun): Promise<Variables> {
  const answers: Record<string, unknown> = {};
  const scope = scopeFor(run, first, { play: play.vars, hosts: NO_PLAY });
  for (const prompt of play.prompts) {
    if (prompt.name in run.settings.extraVars) continue;
    const text = String(renderDeep(prompt.text, scope));
    const otherwise = prompt.otherwise === undefined ? undefined : String(renderDeep(prompt.otherwise, scope));
    const said = await run.world.ask({ ...prompt, text, otherwise });
    if (said === undefined)
      run.emit({ kind: 'warning', message: `${play.at}: nobody is there to be asked for ${prompt.name}` });
    answers[prompt.name] = asValue(kept(said ?? otherwise ?? '', prompt));
  }
  return answers;
}

function kept(answer: string, { encrypt }: Prompt): string {
  if (encrypt === undefined) return answer;
  neverShow(answer);
  return passwordHash(answer, encrypt.kind, encrypt);
}

function varsFromFiles(run: Run, play: Play, first: HostRun, prompted: Variables): Variables {
  const scope = scopeFor(run, first, { play: { ...play.vars, ...prompted }, hosts: NO_PLAY });
  const files = play.varsFiles.map((choice) => {
    const places = [choice].flat().map((file) => resolve(play.folder, String(renderDeep(file, scope))));
    const path = places.find((place) => existsSync(place)) ?? (places.at(-1) as string);
    const { value } = readYaml(run.world.readFile(path).toString('utf8'), path, run.world.vault);
    if (value !== null && !isMapping(value)) {
      throw new FixError('playbook/invalid', `${path} holds no variables`, {
        hint: 'Write name: value lines.',
        at: path,
      });
    }
    return value ?? {};
  });
  return Object.assign({}, ...files);
}
