import process from 'node:process';
import { Command } from 'commander';
import { printableLine } from '../core/text.js';
import type { RollbackChoice } from '../engine/rollback.js';
import type { RunRecord } from '../journal/record.js';
import { withChangeOptions } from './change-options.js';
import { type RunOptions, withRunOptions } from './options.js';
import { stateFolder } from './state-folder.js';

type RollbackOptions = RunOptions & { readonly run: string };

/** `rollback INVENTORY --run RUN`. */
export function rollbackCommand(): Command {
  const command = new Command('rollback')
    .description('put hosts back as they were before a run')
    .argument('<inventory>', 'the inventory of the run')
    .requiredOption('--run <run>', "the run's id, or the beginning of it; see `fix-flannel runs list`")
    .option('-C, --check', 'say what would be put back and what would be refused; change nothing');
  return withChangeOptions(withRunOptions(command)).action(async (inventory: string, options: RollbackOptions) => {
    process.exitCode = await rollBack(inventory, options);
  });
}

/**
 * Plans the undo of a run on all its hosts, shows it, and carries it out, host by host. Where a file of a host is not
 * as the run left it, nothing is changed on any host.
 *
 * @returns the exit status
 * @throws FixError `journal/unknown-run`, `journal/damaged`, `inventory/*`
 */
async function rollBack(inventoryPath: string, options: RollbackOptions): Promise<number> {
  const { readRun } = await import('../journal/read-runs.js');
  const { rollbackPlaybook, hostsToUndo } = await import('../engine/rollback.js');
  const { limitHosts } = await import('../inventory/index.js');
  const { readInventory } = await import('./read-inventory.js');
  const { conduct, settingsFor } = await import('./conduct.js');
  const { headerOf } = await import('./run-header.js');
  const folder = stateFolder(options.stateFolder);
  const record = readRun(folder, options.run);
  const inventory = await readInventory(inventoryPath, { vault: options.vault });
  for (const damage of record.damage) warn(`the journal of ${record.header.id}: ${damage}`);
  const choice = await choiceOf(folder, record, () =>
    options.limit === undefined
      ? undefined
      : new Set(limitHosts(inventory, [...inventory.hosts.values()], options.limit).map(({ name }) => name)),
  );
  const rollback = rollbackPlaybook(record, inventory, choice);
  const left = hostsToUndo(record).filter((name) => !rollback.hosts.includes(name));
  if (left.length > 0)
    warn(`not put back, as --limit leaves them out: ${left.map((name) => printableLine(name)).join(', ')}`);
  if (rollback.hosts.length === 0) {
    process.stdout.write(
      `Nothing to put back: run ${record.header.id} changed no host${left.length > 0 ? ' of these' : ''}.\n`,
    );
    return 0;
  }
  const header = headerOf(inventoryPath, '', options, { kind: 'rollback', of: record.header.id });
  const { playbook, findModule } = rollback;
  const settings = settingsFor(rollback.inventory, playbook, { ...header, playbook: playbook.file }, options);
  return conduct({ ...settings, planFirst: true }, options, { world: { findModule } });
}

async function choiceOf(
  folder: string,
  record: RunRecord,
  only: () => ReadonlySet<string> | undefined,
): Promise<RollbackChoice> {
  const { unfinishedUndos } = await import('../journal/unfinished-undos.js');
  return { only: only(), again: unfinishedUndos(folder, record.header.id) };
}

function warn(message: string): void {
  process.stderr.write(`! ${message}\n`);
}
