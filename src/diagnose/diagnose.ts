import type { Check } from './check.js';
import { type Cluster, type ClusterView, viewOf } from './cluster.js';
import type { Finding, NotEvaluated } from './finding.js';
import { checks as allChecks } from './index.js';

export interface Diagnosis {
  /** Roots first, then what follows from them; errors before warnings. */
  readonly findings: readonly Finding[];
  readonly notEvaluated: readonly NotEvaluated[];
}

/** Looks at the cluster as a whole with every check. Linear in hosts and leases. */
export function diagnose(cluster: Cluster, checks: readonly Check[] = allChecks): Diagnosis {
  return diagnoseView(viewOf(cluster), checks);
}

/** The same of a cluster that is indexed already. */
export function diagnoseView(view: ClusterView, checks: readonly Check[] = allChecks): Diagnosis {
  const findings: Finding[] = [];
  const notEvaluated: NotEvaluated[] = [];
  for (const check of checks) {
    const result = check.look(view, findings);
    findings.push(...result.findings);
    notEvaluated.push(...result.notEvaluated);
  }
  return { findings: [...findings].sort((one, other) => weight(one) - weight(other)), notEvaluated };
}

function weight({ because, severity }: Finding): number {
  return (because === undefined ? 0 : 2) + (severity === 'error' ? 0 : 1);
}
