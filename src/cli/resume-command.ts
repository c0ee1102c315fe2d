import process from 'node:process';
import { FixError } from '../core/error.js';
import { count } from '../core/text.js';
import { fleetTasks } from '../engine/fleet-steps.js';
import type { RunSettings } from '../engine/run.js';
import type { VerdictKind } from '../engine/verdict.js';
import { limitHosts } from '../inventory/index.js';
import { readRun } from '../journal/read-runs.js';
import type { RunRecord } from '../journal/record.js';
import { OUR_MODULES } from '../library/module-finder.js';
import { conduct, settingsOf } from './conduct.js';
import type { RunOptions } from './options.js';
import { withOwnModules } from './own-modules.js';
import { sameExtraVars } from './run-header.js';
import { stateFolder } from './state-folder.js';

/**
 * `run --resume`: goes on with a run, with its inventory, playbook and options, on the hosts that it left.
 *
 * A playbook that looks at its fleet as a whole is run on all of it: what is in order there is left alone anyway.
 *
 * @returns the exit status
 * @throws FixError `journal/unknown-run`, `cli/usage` where the run cannot be gone on with as it was
 */
export async function resume(id: string, inventory: string | undefined, options: RunOptions): Promise<number> {
  const record = readRun(stateFolder(options.stateFolder), id);
  const { header } = record;
  refuseOtherWishes(record, inventory, options);
  const own = await withOwnModules(options, header.playbook);
  const again = { ...own, limit: header.limit, tags: header.tags, skipTags: header.skipTags };
  const settings = settingsOf(header.inventory, header.playbook, again as RunOptions, { of: header.id });
  const left = hostsLeft(record, settings);
  const say = (line: string) => options.json || process.stderr.write(`${line}\n`);
  if (left.length === 0) {
    say(`Run ${header.id} has ended well on all of its hosts; nothing is left to do.`);
    return 0;
  }
  const seesFleet = fleetTasks(settings.playbook, { findModule: (own.modules ?? OUR_MODULES).find }).length > 0;
  say(
    `Going on with ${header.id}: ${count(left.length, 'host')} left (${left.slice(0, 5).join(', ')}${left.length > 5 ? ', …' : ''}).`,
  );
  return conduct(seesFleet ? settings : { ...settings, limit: left.join(',') }, again as RunOptions);
}

/** Verdicts of runs that may have ended before their last play. */
const CUT_SHORT: readonly string[] = ['interrupted', 'failed', 'partly-applied', 'refused'] satisfies VerdictKind[];

/** Hosts on which the run has not ended well; those that it has never come to count among them. */
function hostsLeft({ ending, hosts }: RunRecord, { inventory, limit }: RunSettings): string[] {
  const isDone = (host: string) => hosts.get(host)?.findLast((entry) => entry.kind === 'state')?.state === 'done';
  const all = [...inventory.hosts.values()];
  const wanted = limit === undefined ? all : limitHosts(inventory, all, limit);
  // A run that came to its end wrote down how each of its hosts stands; one that did not may not have come to all.
  const isWhole = ending !== undefined && !CUT_SHORT.includes(ending.verdict);
  const its = wanted.map(({ name }) => name).filter((name) => !isWhole || hosts.has(name));
  return its.filter((host) => !isDone(host));
}

function refuseOtherWishes({ header }: RunRecord, inventory: string | undefined, options: RunOptions): void {
  const usage = (message: string, hint: string) => new FixError('cli/usage', message, { hint });
  if (header.kind !== 'run') {
    throw usage(
      `${header.id} is a rollback`,
      `Start it again: fix-flannel rollback ${header.inventory} --run ${header.of}`,
    );
  }
  if (inventory !== undefined || options.plan !== undefined || options.limit !== undefined || options.tags.length > 0) {
    throw usage(
      '--resume takes inventory, playbook, hosts and tags from the run itself',
      `fix-flannel run --resume ${header.id}`,
    );
  }
  if (!sameExtraVars(header.extraVarsDigest, options.extraVars)) {
    throw usage(
      `the run had ${header.extraVarsDigest === undefined ? 'no' : 'other'} -e variables`,
      'Give the same -e as then, in the same order: they may hold passwords, so the journal does not keep them.',
    );
  }
}
