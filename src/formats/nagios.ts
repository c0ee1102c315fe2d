import { isWaived } from '../compliance/judge.js';
import type { CheckReport, ReportFinding, ReportFormat } from '../compliance/report.js';
import { printableLine } from '../core/text.js';

type State = 'OK' | 'WARNING' | 'CRITICAL' | 'UNKNOWN';

/** UTF-8 bytes: Nagios cuts what a plugin prints at 8 KB. */
const MOST_BYTES = 7500;

/** What a Nagios plugin prints: the state and its numbers on one line, then what there is to say. */
export const nagios: ReportFormat = {
  name: 'nagios',
  about: 'the line of a Nagios plugin with its numbers, then a line a finding',
  render(report) {
    const first = `FLANNEL ${stateOf(report)} - ${plainLine(report.verdict.line)} | ${numbers(report)}`;
    return `${fitting([first, ...longText(report)]).join('\n')}\n`;
  },
};

/** A run that failed left a cluster half mended; a check that failed knows nothing. */
function stateOf({ kind, verdict }: CheckReport): State {
  switch (verdict.kind) {
    case 'sound':
    case 'mended':
      return 'OK';
    case 'warnings':
      return 'WARNING';
    case 'findings':
      return 'CRITICAL';
    case 'not-evaluated':
      return 'UNKNOWN';
    case 'failed':
      return kind === 'run' ? 'CRITICAL' : 'UNKNOWN';
    default:
      return verdict.kind satisfies never;
  }
}

/** A threshold is a range from 0: `0` alerts on 1 and more. */
function numbers({ counts, seconds }: CheckReport): string {
  return [
    `errors=${counts.errors};;0;0`,
    `warnings=${counts.warnings};0;;0`,
    `waived=${counts.waived};;;0`,
    `not_evaluated=${counts.notEvaluated};;;0`,
    `evaluated=${counts.evaluated};;;0;${counts.hosts}`,
    `time=${seconds.toFixed(2)}s;;;0`,
  ].join(' ');
}

function longText({ findings, hosts, waivers }: CheckReport): string[] {
  return [
    ...findings.filter((finding) => !isWaived(finding)).map(findingLine),
    ...hosts
      .filter(({ status }) => status === 'failed' || status === 'not evaluated')
      .map(({ name, status, why }) => plainLine(`${name}: ${why ?? status}`)),
    ...waivers
      .filter(({ state }) => state === 'expired')
      .map(({ id, owner, expires }) => plainLine(`waiver of ${id} by ${owner} expired on ${expires}`)),
  ];
}

function findingLine({ severity, id, summary, cause }: ReportFinding): string {
  return plainLine(`${severity === 'error' ? 'ERROR' : 'WARN'} ${id} ${summary} (${cause})`);
}

/** One line; a bar would begin the numbers, so another sign stands for it. */
function plainLine(text: string): string {
  return printableLine(text, 400).replaceAll('|', '¦');
}

function fitting(lines: readonly string[]): string[] {
  const kept: string[] = [];
  let bytes = 0;
  for (const line of lines) {
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > MOST_BYTES) return [...kept, `and ${lines.length - kept.length} lines more`];
    kept.push(line);
  }
  return kept;
}
