import { messageOf } from '../core/error.js';
import { blind, type Check, type CheckResult } from './check.js';
import { type Cluster, type ClusterView, viewOf } from './cluster.js';
import type { Finding, NotEvaluated } from './finding.js';
import { checks as allChecks } from './index.js';

export interface Diagnosis {
  /** Roots first, then what follows from them; errors before warnings. */
  readonly findings: readonly Finding[];
  readonly notEvaluated: readonly NotEvaluated[];
}

/** The checks that a run has. */
export const ofRuns = allChecks.filter(({ onlyInCheck }) => onlyInCheck !== true);

/** Looks at the cluster as a whole with every check that a run has. Linear in hosts and leases. */
export function diagnose(cluster: Cluster, checks: readonly Check[] = ofRuns): Diagnosis {
  return diagnoseView(viewOf(cluster), checks);
}

/** The same of a cluster that is indexed already. */
export function diagnoseView(view: ClusterView, checks: readonly Check[] = ofRuns): Diagnosis {
  const findings: Finding[] = [];
  const notEvaluated: NotEvaluated[] = [];
  for (const check of checks) {
    const result = lookWith(check, view, findings);
    findings.push(...result.findings);
    notEvaluated.push(...result.notEvaluated);
  }
  return { findings: [...findings].sort((one, other) => weight(one) - weight(other)), notEvaluated };
}

/** A check that breaks has not looked; the others go on. */
function lookWith(check: Check, view: ClusterView, earlier: readonly Finding[]): CheckResult {
  try {
    return check.look(view, earlier);
  } catch (error) {
    const hosts = view.nodes.map(({ host }) => host);
    return { findings: [], notEvaluated: blind(check.id, hosts, `the check itself broke: ${messageOf(error)}`) };
  }
}

/** Of its place among findings: roots before what follows from them, errors before warnings. */
export function weight({ because, severity }: Finding): number {
  return (because === undefined ? 0 : 2) + (severity === 'error' ? 0 : 1);
}
