import process from 'node:process';
import type { CheckReport } from '../compliance/report.js';
import { EXIT, FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';
import { ndjson } from '../formats/ndjson.js';
import { parseReportOption, writeReports } from '../formats/write-report.js';
import { checkText } from '../report/check-text.js';
import { coloured, plain } from '../report/paint.js';
import type { CheckOptions } from './check-options.js';
import { usesColour } from './conduct.js';
import { keepReport } from './keep-report.js';
import { hostsOf, look, type Subject } from './look.js';
import { recordedIn } from './recorded-subject.js';
import { runCommand } from './run-command.js';

/** `check`: looks at a fleet with every check, says what it saw, and keeps it. @returns the exit status */
export async function checkCommand(
  inventory: string | undefined,
  playbook: string | undefined,
  options: CheckOptions,
): Promise<number> {
  if (playbook !== undefined) return runCommand(inventory, playbook, { ...options, check: true });
  const targets = options.report.map(parseReportOption);
  const report = await look(subjectOf(inventory, options), options, (progress, message) =>
    progress.around(() => process.stderr.write(`! ${printableLine(message, 400)}\n`)),
  );
  if (report === undefined) {
    process.stderr.write('Interrupted; nothing was changed.\n');
    return EXIT.interrupted;
  }
  if (!targets.some(({ path }) => path === '-')) process.stdout.write(shown(report, options));
  const earlier = options.history ? await keepReport(report, options) : [];
  await writeReports(targets, report, earlier);
  return report.verdict.exitStatus;
}

function subjectOf(inventory: string | undefined, options: CheckOptions): Subject {
  if (options.from !== undefined) return recordedIn(options.from);
  if (inventory !== undefined) return hostsOf(inventory, options);
  throw new FixError('cli/usage', 'an inventory is missing', { hint: 'fix-flannel check inventory.yaml' });
}

/** What stands on standard output. */
function shown(report: CheckReport, options: CheckOptions): string {
  if (options.json) return ndjson.render(report, []);
  const lines = checkText(report, {
    paint: usesColour(options, process.stdout) ? coloured : plain,
    width: Math.max(40, process.stdout.columns ?? 100),
    verbosity: options.verbose,
    short: options.short === true,
  });
  return `${lines.join('\n')}\n`;
}
