import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { remediate, type Watcher } from '../engine/remediate.js';
import type { RunSettings, World } from '../engine/run.js';
import { StopRequest } from '../engine/stop-request.js';
import type { Tally } from '../engine/tally.js';
import { limitHosts, loadInventory } from '../inventory/index.js';
import type { Inventory } from '../inventory/inventory.js';
import type { RunHeader } from '../journal/record.js';
import { OUR_MODULES } from '../library/module-finder.js';
import { loadPlaybook } from '../playbook/load-playbook.js';
import type { Playbook } from '../playbook/play.js';
import { JsonReport } from '../report/json-report.js';
import { coloured, plain } from '../report/paint.js';
import { TextReport } from '../report/text-report.js';
import { askYes } from './ask-yes.js';
import { extraVars } from './extra-vars.js';
import { INVENTORY_TEMPLATES } from './inventory-templates.js';
import type { RunOptions } from './options.js';
import { lineProgress, noProgress, type Progress, spinnerProgress } from './progress.js';
import { headerOf } from './run-header.js';
import { newWorld } from './wire.js';

export const SHIPPED_PLAYBOOK = fileURLToPath(new URL('../../playbooks/fix-flannel.yaml', import.meta.url));

/** What a command does besides, while its run is conducted. */
export interface Hooks {
  readonly world?: Partial<World>;
  /** Makes another world of the real one: one that is recorded, say. */
  wrapWorld?(world: World): World;
  /** Listens instead of the report that the options ask for. */
  report?(progress: Progress): Report;
  /** The report tells each step as it is done. */
  readonly isTold?: boolean;
  planned?(tally: Tally): void;
  /** Hears all that the report is told. */
  listener?: Pick<Report, 'event' | 'verdict'>;
}

/** Runs a playbook to its end, hears signals meanwhile, and reports. @returns the exit status */
export async function conduct(settings: RunSettings, options: RunOptions, hooks: Hooks = {}): Promise<number> {
  const stop = new StopRequest();
  const progress = await progressFor(options, hooks.isTold === true);
  const report = hooks.report?.(progress) ?? reportFor(options, progress);
  const listen = () => {
    report.event({ kind: 'stopping', why: STOPPING[stop.ask()] }, 'apply');
  };
  for (const signal of STOP_SIGNALS) process.on(signal, listen);
  const preparing = new AbortController();
  void options.vault?.prepare(preparing.signal);
  try {
    for (const message of settings.inventory.warnings) report.event({ kind: 'warning', message }, 'plan');
    const warn = (message: string) => report.event({ kind: 'warning', message }, 'plan');
    const world = await newWorld(options, stop.signal, warn, progress.whileAsking);
    const watcher = watcherOf(report, progress, options, hooks);
    const within = hooks.wrapWorld ?? ((real: World) => real);
    const verdict = await remediate(settings, within({ ...world, ...hooks.world }), watcher, stop);
    progress.stop();
    hooks.listener?.verdict(verdict);
    report.verdict(verdict);
    return verdict.exitStatus;
  } finally {
    preparing.abort();
    progress.stop();
    for (const signal of STOP_SIGNALS) process.off(signal, listen);
  }
}

/** What asks a run to stop: Ctrl-C, a service manager, a terminal that was closed. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const STOPPING = {
  'after-batch': 'Stopping: the hosts in hand are finished first. Ctrl-C again undoes them instead.',
  now: 'Stopping at once: what was begun is undone.',
} as const;

export function settingsOf(
  inventoryPath: string,
  playbookPath: string,
  options: RunOptions,
  more: Pick<RunHeader, 'of'> = {},
): RunSettings {
  const inventory = loadInventory(inventoryPath, { vault: options.vault, templates: INVENTORY_TEMPLATES });
  const playbook = loadPlaybook(playbookPath, (options.modules ?? OUR_MODULES).knows, options.vault);
  const header = headerOf(inventoryPath, playbookPath, options, more);
  return settingsFor(inventory, playbook, header, options);
}

/** How a run goes, as its options say. @throws FixError `inventory/unknown-host` for a limit that names nobody */
export function settingsFor(
  inventory: Inventory,
  playbook: Playbook,
  header: RunHeader,
  options: RunOptions,
): RunSettings {
  // A limit that names nobody is a slip of the pen: said before anything is connected to.
  if (options.limit !== undefined) limitHosts(inventory, [...inventory.hosts.values()], options.limit);
  return {
    inventory,
    playbook,
    check: options.check === true,
    limit: options.limit,
    extraVars: extraVars(options.extraVars, options.vault),
    tags: options.tags,
    skipTags: options.skipTags,
    forks: options.forks,
    scriptTimeoutMs: options.scriptTimeout * 1000,
    header,
    lockTtlSeconds: options.lockTtl ?? 30,
    ...(options.hostLockFolder && { targetLockFolder: options.hostLockFolder }),
    lockWaitMs: (options.wait ?? 0) * 1000,
  };
}

export interface Report extends Pick<TextReport, 'event' | 'planned' | 'verdict'> {}

function reportFor(options: RunOptions, progress: Progress): Report {
  if (options.json) return new JsonReport((line) => process.stdout.write(`${line}\n`));
  return new TextReport({
    write: (line) => progress.around(() => process.stdout.write(`${line}\n`)),
    paint: usesColour(options, process.stdout) ? coloured : plain,
    width: Math.max(40, process.stdout.columns ?? 100),
    verbosity: options.verbose,
    diff: options.diff === true,
    check: options.check === true,
  });
}

/** @param isTold whether each step is told anyway, so that lines of progress would be in its way */
async function progressFor(options: RunOptions, isTold: boolean): Promise<Progress> {
  if (options.json || (isTold && !process.stderr.isTTY)) return noProgress;
  return process.stderr.isTTY ? spinnerProgress(usesColour(options, process.stderr)) : lineProgress();
}

export function usesColour(options: RunOptions, stream: { isTTY?: boolean }): boolean {
  if (!options.color || process.env.NO_COLOR) return false;
  return stream.isTTY === true || (process.env.FORCE_COLOR ?? '0') !== '0';
}

function watcherOf(report: Report, progress: Progress, options: RunOptions, hooks: Hooks): Watcher {
  return {
    event(event, phase) {
      // First what became of the last task, then what comes next.
      report.event(event, phase);
      hooks.listener?.event(event, phase);
      progress.event(event, phase);
    },
    planned(tally) {
      report.planned(tally);
      hooks.planned?.(tally);
    },
    async approve() {
      if (!options.confirm) return true;
      progress.stop();
      return askYes('Do this? Only "yes" does it: ', process.stdin, process.stderr);
    },
  };
}
