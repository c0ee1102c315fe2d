import process from 'node:process';
import { Command } from 'commander';
import { masked } from '../core/mask.js';
import { jsonWithoutControls } from '../core/printable.js';
import { printableLine } from '../core/text.js';
import type { RunRecord } from '../journal/record.js';
import { stateFolder } from './state-folder.js';

interface RunsOptions {
  readonly stateFolder?: string;
  readonly json?: boolean;
  readonly color: boolean;
}

/** `runs list` and `runs show RUN`. */
export function runsCommands(): Command {
  const root = new Command('runs').description('what earlier runs did, and how to undo it');
  root.addCommand(
    withRunsOptions(new Command('list').description('all runs that the state folder keeps, the newest first')).action(
      (options: RunsOptions) => list(options),
    ),
    { isDefault: true },
  );
  root.addCommand(
    withRunsOptions(
      new Command('show')
        .description('what a run did to each host, and what of it can be undone')
        .argument('<run>', "a run's id, or as much of its beginning as no other run has"),
    ).action((run: string, options: RunsOptions) => show(run, options)),
  );
  for (const command of root.commands) command.exitOverride();
  return root;
}

function withRunsOptions(command: Command): Command {
  return command
    .option('--json', 'one JSON document on standard output')
    .option('--no-color', 'no colours (NO_COLOR does the same)')
    .option(
      '--state-folder <dir>',
      'where journals are kept; default FIX_FLANNEL_STATE, then ~/.local/state/fix-flannel',
    );
}

async function list(options: RunsOptions): Promise<void> {
  const { listRuns } = await import('../journal/read-runs.js');
  const { runs, damage } = listRuns(stateFolder(options.stateFolder));
  if (options.json) return say([jsonWithoutControls(JSON.stringify({ runs, damage }))]);
  const { runsText } = await import('../report/runs-text.js');
  say([...runsText(runs, await settingsOf(options)), ...damage.map((line) => `! ${printableLine(line)}`)]);
}

async function show(run: string, options: RunsOptions): Promise<void> {
  const { readRun } = await import('../journal/read-runs.js');
  const record = readRun(stateFolder(options.stateFolder), run);
  if (options.json) return say([jsonWithoutControls(JSON.stringify(await recordAsJson(record)))]);
  const { runText } = await import('../report/runs-text.js');
  say(runText(record, await settingsOf(options)));
}

/** A record as JSON data. Contents of files are left out: they may hold secrets, and their digests are there. */
async function recordAsJson({ header, ending, hosts, cluster, damage }: RunRecord) {
  const { hostUndos } = await import('../journal/host-undo.js');
  const withoutContent = (name: string, value: unknown) => (name === 'content' ? undefined : value);
  const shown = [...hosts].map(([host, entries]) => ({
    host,
    entries: JSON.parse(JSON.stringify(entries, withoutContent)),
    undo: hostUndos(entries).map(({ become, undo }) => ({
      become,
      files: undo.files.map(({ path }) => path),
      units: undo.units.map(({ name }) => name),
      notUndoable: undo.notUndoable,
    })),
  }));
  return { header, ending, hosts: shown, cluster, damage };
}

/** How texts are written here: coloured or not, and how wide. */
export async function settingsOf({ color }: Pick<RunsOptions, 'color'>) {
  const { coloured, plain } = await import('../report/paint.js');
  const usesColour =
    color && !process.env.NO_COLOR && (process.stdout.isTTY || (process.env.FORCE_COLOR ?? '0') !== '0');
  return { paint: usesColour ? coloured : plain, width: Math.max(40, process.stdout.columns ?? 100) };
}

/** Lines for standard output, secrets masked. */
export function say(lines: readonly string[]): void {
  process.stdout.write(masked(`${lines.join('\n')}\n`));
}
