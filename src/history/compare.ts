import { isWaived } from '../compliance/judge.js';
import type { CheckReport, ReportFinding } from '../compliance/report.js';

/** A finding on one host, as a report has it. */
export interface Occurrence {
  /** `FF101` */
  readonly id: string;
  /** `null`: of the cluster, of no host in particular. */
  readonly host: string | null;
  readonly title: string;
  readonly severity: 'error' | 'warn';
  readonly cluster: string;
  readonly summary: string;
  /** It counts for nothing, as all hosts of its finding are covered by waivers. */
  readonly isWaived: boolean;
}

/** What differs between two reports of an inventory. */
export interface Comparison {
  readonly began: readonly Occurrence[];
  /** Looked for again, and not there any more. */
  readonly ended: readonly Occurrence[];
  /** There before and now, counting as before. */
  readonly still: readonly Occurrence[];
  /** There before and now, as an error or a warning only now. */
  readonly otherSeverity: readonly Occurrence[];
  /** There before and now, and counting for nothing only now. */
  readonly waived: readonly Occurrence[];
  /** There before and now, and counting only now. */
  readonly unwaived: readonly Occurrence[];
  /** There before; now nobody could look, or did. */
  readonly notSeen: readonly Occurrence[];
  /** Hosts that were looked at before and are not now. */
  readonly hostsLost: readonly string[];
  /** Hosts that are looked at and were not before. */
  readonly hostsBack: readonly string[];
}

/**
 * What began and what ended between two reports. Nothing has ended that was not looked for: where a host was not
 * reached, or a check not evaluated, what was there before is `notSeen`.
 *
 * @param before the earlier one
 */
export function compareReports(before: CheckReport, after: CheckReport): Comparison {
  const [old, now] = [occurrencesOf(before), occurrencesOf(after)];
  const sight = sightOf(after);
  const gone = [...old].filter(([key]) => !now.has(key)).map(([, found]) => found);
  const came = [...now].filter(([key]) => !old.has(key)).map(([, found]) => found);
  const both = [...now].flatMap(([key, found]) => pairOf(old.get(key), found));
  const [lookedBefore, lookedNow] = [lookedAt(before), lookedAt(after)];
  const changed = both.filter(({ was, is }) => was.isWaived === is.isWaived && was.severity !== is.severity);
  return {
    began: came.map(asTold),
    ended: gone.filter((found) => sight.sees(found)).map(asTold),
    still: both.filter(({ was, is }) => was.isWaived === is.isWaived && was.severity === is.severity).map(nowOf),
    otherSeverity: changed.map(nowOf),
    waived: both.filter(({ was, is }) => !was.isWaived && is.isWaived).map(nowOf),
    unwaived: both.filter(({ was, is }) => was.isWaived && !is.isWaived).map(nowOf),
    notSeen: gone.filter((found) => !sight.sees(found)).map(asTold),
    hostsLost: [...lookedBefore].filter((host) => !lookedNow.has(host)),
    hostsBack: [...lookedNow].filter((host) => !lookedBefore.has(host)),
  };
}

/**
 * Whether somebody should be told: what counts has begun, ended, got out of sight, or changed its weight; a host was
 * lost or is back; the verdict is another. The same findings again are no news, and what is waived never is.
 *
 * @param before the report before it; `undefined` for the first one, which is news unless all is well
 */
export function isNews(before: CheckReport | undefined, after: CheckReport): boolean {
  if (before === undefined) return after.verdict.kind !== 'sound';
  if (before.verdict.exitStatus !== after.verdict.exitStatus || isFailure(before) !== isFailure(after)) return true;
  const { began, ended, notSeen, otherSeverity, waived, unwaived, hostsLost, hostsBack } = compareReports(
    before,
    after,
  );
  const counting = [...began, ...ended, ...notSeen, ...otherSeverity].filter((found) => !found.isWaived);
  return [counting, waived, unwaived, hostsLost, hostsBack].some((list) => list.length > 0);
}

function isFailure({ verdict }: CheckReport): boolean {
  return verdict.kind === 'failed';
}

interface Found extends Occurrence {
  /** All hosts of its finding. */
  readonly sharedWith: readonly string[];
}

/** A report's findings, host by host. Two findings of one check on one host count as one, the one that weighs more. */
export function occurrencesOf({ findings }: CheckReport): Map<string, Found> {
  const found = new Map<string, Found>();
  for (const finding of findings) {
    for (const host of finding.hosts.length === 0 ? [null] : finding.hosts) {
      const key = JSON.stringify(host === null ? [finding.id, null, finding.fingerprint] : [finding.id, host]);
      const occurrence = occurrenceOf(finding, host);
      const known = found.get(key);
      if (known === undefined || weight(occurrence) > weight(known)) found.set(key, occurrence);
    }
  }
  return found;
}

function occurrenceOf(finding: ReportFinding, host: string | null): Found {
  const { id, title, severity, cluster, summary, hosts } = finding;
  return { id, host, title, severity, cluster, summary, isWaived: isWaived(finding), sharedWith: hosts };
}

function asTold({ sharedWith: _, ...occurrence }: Found): Occurrence {
  return occurrence;
}

function nowOf({ is }: { readonly is: Found }): Occurrence {
  return asTold(is);
}

function weight({ isWaived, severity }: Occurrence): number {
  return (isWaived ? 0 : 2) + (severity === 'error' ? 1 : 0);
}

function pairOf(was: Found | undefined, is: Found): { was: Found; is: Found }[] {
  return was === undefined ? [] : [{ was, is }];
}

/** Faults between hosts: with one of them out of sight, that the others look well says nothing. */
const BETWEEN_HOSTS: ReadonlySet<string> = new Set(['FF101', 'FF102', 'FF107', 'FF201', 'FF401', 'FF402', 'FF403']);

/** What a report would have found, had it been there. */
export function sightOf(report: CheckReport): { sees(found: Found): boolean } {
  const looked = lookedAt(report);
  const isWhole = report.hosts.every(({ name }) => looked.has(name));
  const blind = new Map<string, Set<string> | 'everywhere'>();
  for (const { id, status } of report.checks) {
    // Some hosts out of sight make a check not evaluated, too; of the others it speaks all the same.
    const isBlind = status === 'not-evaluated' && isWhole && !report.notEvaluated.some((one) => one.id === id);
    blind.set(id, status === 'skipped' || isBlind ? 'everywhere' : new Set());
  }
  for (const { id, hosts } of report.notEvaluated) {
    const known = blind.get(id);
    if (hosts.length === 0 || known === undefined) blind.set(id, 'everywhere');
    else if (known !== 'everywhere') for (const host of hosts) known.add(host);
  }
  return {
    sees({ id, host, sharedWith }) {
      const unseen = blind.get(id) ?? 'everywhere';
      if (unseen === 'everywhere') return false;
      if (host === null) return isWhole && unseen.size === 0;
      const needed = BETWEEN_HOSTS.has(id) ? sharedWith : [host];
      return needed.every((name) => looked.has(name) && !unseen.has(name));
    },
  };
}

function lookedAt({ hosts }: CheckReport): Set<string> {
  return new Set(
    hosts.filter(({ status }) => status === 'evaluated' || status === 'no flannel').map(({ name }) => name),
  );
}
