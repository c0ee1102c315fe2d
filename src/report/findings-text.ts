import { printableLine } from '../core/text.js';
import type { Finding, NotEvaluated } from '../diagnose/finding.js';
import { hostList } from './host-list.js';
import type { Paint } from './paint.js';
import { wrap } from './wrap.js';

/** What of a finding is told, whether it comes from a diagnosis or from a report. */
export interface ToldFinding extends Pick<Finding, 'id' | 'severity' | 'cause' | 'summary' | 'evidence' | 'mend'> {
  readonly because?: string | null | undefined;
}

/** Findings for people: one line for a fault with its hosts, then its cause, the evidence, what mends it. */
export function findingsText(
  findings: readonly ToldFinding[],
  notEvaluated: readonly NotEvaluated[],
  { paint, width, all }: { paint: Paint; width: number; all: boolean },
): string[] {
  const roots = findings.filter((finding) => all || (finding.because ?? null) === null);
  const consequences = findings.length - roots.length;
  const lines = roots.flatMap((finding) => findingText(finding, paint, width));
  if (consequences > 0) {
    lines.push(
      paint(
        'dim',
        `  and ${consequences} that ${consequences === 1 ? 'follows' : 'follow'} (-v shows ${consequences === 1 ? 'it' : 'them'})`,
      ),
    );
  }
  for (const { id, hosts, why } of notEvaluated) {
    lines.push(
      ...wrap(`${paint('warn', '?')} ${id} not evaluated on ${hostList(hosts)}: ${printableLine(why)}`, width, 4),
    );
  }
  return lines;
}

const EVIDENCE_LINES = 6;

function findingText(finding: ToldFinding, paint: Paint, width: number): string[] {
  const sign = finding.severity === 'error' ? paint('bad', '✗') : paint('warn', '!');
  const evidence = folded(finding.evidence);
  const shown = evidence.slice(0, EVIDENCE_LINES);
  const more = evidence.length - shown.length;
  return [
    ...wrap(
      `${sign} ${paint('strong', printableLine(finding.id, 20))} ${printableLine(finding.summary, 400)}`,
      width,
      8,
    ),
    ...wrap(`    ${paint('dim', 'cause:')} ${printableLine(finding.cause, 400)}`, width, 11),
    ...shown.flatMap((line) => wrap(`      ${paint('dim', '·')} ${printableLine(line, 400)}`, width, 8)),
    ...(more > 0 ? [paint('dim', `      · and ${more} more`)] : []),
    ...wrap(`    ${paint('dim', 'mend:')}  ${printableLine(finding.mend, 400)}`, width, 11),
  ];
}

/** `node1: no lease` and `node2: no lease`, one after the other, are one line that names both. */
function folded(evidence: readonly string[]): string[] {
  const groups: { readonly hosts: string[]; readonly said: string | undefined }[] = [];
  for (const line of evidence) {
    const [, host, said] = /^([^\s:]+): (.*)$/s.exec(line) ?? [];
    const last = groups.at(-1);
    if (host !== undefined && said !== undefined && last?.said === said) last.hosts.push(host);
    else groups.push({ hosts: [host ?? line], said });
  }
  return groups.map(({ hosts, said }) => (said === undefined ? (hosts[0] as string) : `${hostList(hosts)}: ${said}`));
}
