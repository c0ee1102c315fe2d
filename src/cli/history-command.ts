import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { jsonWithoutControls } from '../core/printable.js';
import { printableLine } from '../core/text.js';
import type { History } from '../history/open-history.js';
import { wholeNumber } from './option-values.js';
import { say, settingsOf } from './runs-command.js';
import { stateFolder } from './state-folder.js';

interface HistoryOptions {
  readonly stateFolder?: string;
  readonly json?: boolean;
  readonly color: boolean;
}

interface ListOptions extends HistoryOptions {
  readonly number: number;
}

interface ReportOptions extends HistoryOptions {
  readonly inventory?: string;
}

/** `history [INVENTORY]`, `history show REPORT` and `history diff [REPORT [REPORT]]`. */
export function historyCommands(): Command {
  const root = new Command('history').description('what earlier checks and runs found, and what changed between them');
  root.addCommand(
    withHistoryOptions(
      new Command('list')
        .description('the reports of an inventory, the newest first; without one, all inventories')
        .argument('[inventory]', 'the inventory, as it was named for the check')
        .option('-n, --number <n>', 'how many reports', wholeNumber, 20),
    ).action(list),
    { isDefault: true },
  );
  root.addCommand(
    withInventory(new Command('show').description('a report').argument('<report>', REPORT))
      .option('-v, --verbose', 'also what follows from other findings, each check, each waiver', more, 0)
      .action(show),
  );
  root.addCommand(
    withInventory(
      new Command('diff')
        .description('what began and what ended between two reports')
        .argument('[from]', REPORT, 'previous')
        .argument('[to]', REPORT, 'latest'),
    ).action(diff),
  );
  for (const command of root.commands) command.exitOverride();
  return root;
}

const REPORT = "a report's id, or as much of its beginning as no other has; latest, previous";

function withInventory(command: Command): Command {
  return withHistoryOptions(
    command.option('-i, --inventory <inventory>', 'of this inventory; needed for latest and previous of several'),
  );
}

function withHistoryOptions(command: Command): Command {
  return command
    .option('--json', 'one JSON document on standard output')
    .option('--no-color', 'no colours (NO_COLOR does the same)')
    .option(
      '--state-folder <dir>',
      'where reports are kept; default FIX_FLANNEL_STATE, then ~/.local/state/fix-flannel',
    );
}

function more(_: string, previous: number): number {
  return previous + 1;
}

async function list(inventory: string | undefined, options: ListOptions): Promise<void> {
  const histories = await historiesOf(inventory, options);
  const [only] = histories;
  if (only === undefined || histories.length > 1) return inventories(histories, options);
  const { historyRows } = await import('../history/rows.js');
  const rows = await historyRows(only.reports(), options.number);
  const damage = only.damaged();
  if (options.json) return say([jsonWithoutControls(JSON.stringify({ reports: rows, damage }))]);
  const { historyText } = await import('../report/history-text.js');
  const lines =
    rows.length === 0 && inventory !== undefined ? noneOf(inventory) : historyText(rows, await settingsOf(options));
  say([...lines, ...damageText(damage)]);
}

function noneOf(inventory: string): string[] {
  return [`No reports of ${printableLine(inventory, 200)} yet. \`fix-flannel history\` shows whose there are.`];
}

/** Each inventory with its newest report, that of the newest one first. */
async function inventories(histories: readonly History[], options: ListOptions): Promise<void> {
  const { historyRows } = await import('../history/rows.js');
  const found: { newest: Awaited<ReturnType<typeof historyRows>>[number]; reports: number }[] = [];
  for (const history of histories) {
    const [newest] = await historyRows(history.reports(), 1);
    if (newest !== undefined) found.push({ newest, reports: (await history.ids()).length });
  }
  found.sort((a, b) => Date.parse(b.newest.startedAt) - Date.parse(a.newest.startedAt));
  const damage = histories.flatMap((history) => history.damaged());
  if (options.json) return say([jsonWithoutControls(JSON.stringify({ inventories: found, damage }))]);
  const { inventoriesText } = await import('../report/history-text.js');
  say([...inventoriesText(found, await settingsOf(options)), ...damageText(damage)]);
}

async function show(name: string, options: ReportOptions & { readonly verbose: number }): Promise<void> {
  const { findReport } = await import('../history/find-report.js');
  const report = await findReport(await historiesOf(options.inventory, options), name);
  if (options.json) return say([jsonWithoutControls(JSON.stringify(report))]);
  const { checkText } = await import('../report/check-text.js');
  const { reportHead } = await import('../report/history-text.js');
  const settings = await settingsOf(options);
  say([...reportHead(report, settings), ...checkText(report, { ...settings, verbosity: options.verbose })]);
}

async function diff(from: string, to: string, options: ReportOptions): Promise<void> {
  const [{ findReport }, { compareReports }, { diffText }] = await Promise.all([
    import('../history/find-report.js'),
    import('../history/compare.js'),
    import('../report/history-text.js'),
  ]);
  const histories = await historiesOf(options.inventory, options);
  const named = [await findReport(histories, from), await findReport(histories, to)];
  const [before, after] = named.sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt)) as [
    (typeof named)[number],
    (typeof named)[number],
  ];
  const changes = compareReports(before, after);
  if (!options.json) return say(diffText(before, after, changes, await settingsOf(options)));
  const heads = [before, after].map(({ id, kind, startedAt, verdict, counts }) => ({
    id,
    kind,
    startedAt,
    verdict,
    counts,
  }));
  say([jsonWithoutControls(JSON.stringify({ before: heads[0], after: heads[1], ...changes }))]);
}

/** The history of an inventory, or of all that have one. */
async function historiesOf(inventory: string | undefined, options: HistoryOptions): Promise<History[]> {
  const { allHistories, openHistory } = await import('../history/open-history.js');
  const folder = stateFolder(options.stateFolder);
  if (inventory === undefined) return allHistories(folder);
  const isList = inventory.includes(',') && !existsSync(inventory);
  return [openHistory(folder, isList ? inventory : resolve(inventory))];
}

function damageText(damage: readonly string[]): string[] {
  return damage.map((line) => `! ${printableLine(line)}`);
}
