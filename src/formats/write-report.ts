import { randomBytes } from 'node:crypto';
import process from 'node:process';
import type { CheckReport, ReportFormat } from '../compliance/report.js';
import { FixError, messageOf } from '../core/error.js';
import { didYouMean } from '../core/nearest.js';
import { printableLine } from '../core/text.js';
import { findFormat, formats } from './index.js';
import { placeReport } from './place-report.js';

/** A report that somebody asked for. */
export interface ReportTarget {
  readonly format: ReportFormat;
  /** `-` is standard output. */
  readonly path: string;
}

/** What writing needs of the world. */
export interface ReportTools {
  /** Writes to standard output. */
  readonly print: (text: string) => void;
  /** A name that no other writer has. */
  readonly nonce: () => string;
}

const TOOLS: ReportTools = {
  print: (text) => {
    process.stdout.write(text);
  },
  nonce: () => randomBytes(6).toString('hex'),
};

/**
 * What `--report FORMAT=PATH` asks for.
 *
 * @throws FixError `cli/usage` that names all formats, and the one that was probably meant
 */
export function parseReportOption(text: string): ReportTarget {
  const at = text.indexOf('=');
  const name = at < 0 ? text : text.slice(0, at);
  const path = at < 0 ? '' : text.slice(at + 1);
  const format = findFormat(name);
  const names = formats.map((known) => known.name);
  if (format === undefined)
    throw new FixError('cli/usage', `--report: there is no format ${printableLine(name, 60)}`, {
      hint: `${didYouMean(name, names, '')} The formats are ${names.join(', ')}.`.trimStart(),
    });
  if (path === '' || path.includes('\0'))
    throw new FixError('cli/usage', `--report ${name}: it needs a path`, {
      hint: `Write --report ${name}=PATH; - is standard output. The formats are ${names.join(', ')}.`,
    });
  return { format, path };
}

/**
 * Writes a report in each of these formats, one after another; one that fails keeps none of the others back.
 *
 * @param history earlier reports of the same inventory, the newest first
 * @throws FixError `report/unwritable` that names each report that could not be written, with the reason
 */
export async function writeReports(
  targets: readonly ReportTarget[],
  report: CheckReport,
  history: readonly CheckReport[],
  tools: ReportTools = TOOLS,
): Promise<void> {
  const failures: { readonly target: ReportTarget; readonly error: unknown }[] = [];
  for (const target of targets) {
    try {
      await writeReport(target, target.format.render(report, history), tools);
    } catch (error) {
      failures.push({ target, error });
    }
  }
  const [first] = failures;
  if (first === undefined) return;
  throw new FixError('report/unwritable', failures.map(({ target, error }) => failure(target, error)).join('; '), {
    hint: first.error instanceof FixError ? first.error.hint : 'Look at what is said about it, and check again.',
    at: first.target.path,
    cause: first.error,
  });
}

async function writeReport({ format, path }: ReportTarget, text: string, { print, nonce }: ReportTools): Promise<void> {
  if (path === '-') return print(text);
  await placeReport(path, text, { mode: modeOf(format), nonce: nonce() });
}

/** Reports tell of hosts and addresses; metrics have to be read by another user's collector. */
function modeOf({ name }: ReportFormat): number {
  return name === 'prometheus' ? 0o644 : 0o600;
}

function failure({ format, path }: ReportTarget, error: unknown): string {
  return `the ${format.name} report ${printableLine(path)} is not written: ${printableLine(messageOf(error))}`;
}
