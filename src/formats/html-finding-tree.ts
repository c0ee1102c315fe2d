import type { CheckReport, ReportFinding } from '../compliance/report.js';
import { grouped } from '../diagnose/cluster.js';

/** A finding and all that follows from it, directly or by way of others. */
export interface FindingRoot {
  readonly finding: ReportFinding;
  readonly consequences: readonly ReportFinding[];
}

/**
 * Findings under their roots, in the report's order. A finding whose root is not there is a root itself, and so is
 * the first one of a circle.
 */
export function findingTree(findings: readonly ReportFinding[]): FindingRoot[] {
  const byId = grouped(findings, ({ id }) => id);
  const under = new Map<ReportFinding, ReportFinding[]>();
  for (const finding of findings) {
    const root = rootOf(finding, byId, findings);
    const group = under.get(root);
    if (group === undefined) under.set(root, [finding]);
    else group.push(finding);
  }
  return findings
    .filter((finding) => under.has(finding))
    .map((finding) => ({ finding, consequences: (under.get(finding) ?? []).filter((other) => other !== finding) }));
}

function rootOf(
  finding: ReportFinding,
  byId: ReadonlyMap<string, readonly ReportFinding[]>,
  findings: readonly ReportFinding[],
): ReportFinding {
  const way = new Set<ReportFinding>();
  let root = finding;
  for (;;) {
    way.add(root);
    const next = causeOf(root, byId.get(root.because ?? '') ?? []);
    if (next === undefined) return root;
    if (way.has(next)) return firstOf(way, findings);
    root = next;
  }
}

/** Of the findings with the id that is named, the one on the same hosts; else any one of the same cluster. */
function causeOf({ cluster, hosts }: ReportFinding, named: readonly ReportFinding[]): ReportFinding | undefined {
  const near = named.filter((other) => other.cluster === cluster);
  if (near.length < 2) return near[0];
  const own = new Set(hosts);
  return near.find((other) => other.hosts.some((host) => own.has(host))) ?? near[0];
}

/** The same one of a circle from wherever it is entered. */
function firstOf(way: ReadonlySet<ReportFinding>, findings: readonly ReportFinding[]): ReportFinding {
  return findings.find((finding) => way.has(finding)) as ReportFinding;
}

/** Where a finding stands among the earlier reports. */
export interface FindingAge {
  /** The report that has it first, without a break since; `null`: this one. */
  readonly since: CheckReport | null;
}

/**
 * @param history earlier reports, the newest first; one that did not look for it does not count
 * @returns `null` where no earlier report looked for it
 */
export function ageOf({ id, fingerprint }: ReportFinding, history: readonly CheckReport[]): FindingAge | null {
  const looked = history.filter(({ checks }) => checks.some((check) => check.id === id && wasLooked(check.status)));
  if (looked.length === 0) return null;
  const before = looked.findIndex(({ findings }) => !findings.some((other) => other.fingerprint === fingerprint));
  return { since: (before === -1 ? looked.at(-1) : looked[before - 1]) ?? null };
}

function wasLooked(status: string): boolean {
  return status !== 'skipped' && status !== 'not-evaluated';
}
