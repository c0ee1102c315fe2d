import type { ClusterView } from './cluster.js';
import type { Finding, NotEvaluated } from './finding.js';

export interface CheckResult {
  readonly findings: readonly Finding[];
  readonly notEvaluated: readonly NotEvaluated[];
}

/** What a person is told of a check, whether it found anything or not. */
export interface CheckPage {
  /** What is read for it: `flanneld's command line`, `leases in etcd`. */
  readonly reads: readonly string[];
  /** What goes wrong because of it and how it comes about; a few sentences. */
  readonly why: string;
  /** How to see it without this program: a command a line. */
  readonly byHand: readonly string[];
  /** How to mend it. */
  readonly mend: string;
  /** The task of the shipped playbook that mends it, by its name there. */
  readonly task?: string;
  /** The causes that its findings name. */
  readonly causes?: readonly string[];
}

/** One way in which a cluster can be sick. */
export interface Check {
  /** Stable: `FF101`. */
  readonly id: string;
  readonly title: string;
  readonly severity: Finding['severity'];
  /** Why it matters, in one sentence. */
  readonly about: string;
  readonly page?: CheckPage;
  /** It needs what only a check reads (`Cluster.probes`), or it is no matter of a run: a run leaves it out. */
  readonly onlyInCheck?: true;
  /** It reads etcd alone: hosts that cannot be asked do not keep it from passing. */
  readonly readsNoHost?: true;
  /**
   * Linear in hosts and leases.
   * @param earlier what the checks before it found: a consequence names its root in `because`
   */
  look(view: ClusterView, earlier: readonly Finding[]): CheckResult;
}

export function defineCheck(check: Check): Check {
  return check;
}

/** Findings of one check, which share its id, title and severity. */
export function found(
  check: Pick<Check, 'id' | 'title' | 'severity'>,
  finding: Omit<Finding, 'id' | 'title' | 'severity'> & { readonly severity?: Finding['severity'] },
): Finding {
  return { id: check.id, title: check.title, severity: check.severity, ...finding };
}

/** The check could not look at these hosts; nothing where there are none. */
export function blind(id: string, hosts: readonly string[], why: string): NotEvaluated[] {
  return hosts.length === 0 ? [] : [{ id, hosts, why }];
}

/** The check could not look at all, as etcd was not read. */
export function withoutLeases(id: string, view: ClusterView): CheckResult | undefined {
  if (view.leases !== undefined) return undefined;
  const { leases } = view.cluster;
  const why = leases.state === 'unreadable' ? leases.why : 'there are no leases in etcd';
  return {
    findings: [],
    notEvaluated: blind(
      id,
      view.nodes.map(({ host }) => host),
      `the leases were not read: ${why}`,
    ),
  };
}

/** The root among earlier findings that names this host, if there is one. */
export function rootOf(host: string, earlier: readonly Finding[], ids: readonly string[]): string | undefined {
  return earlier.find((finding) => ids.includes(finding.id) && finding.hosts.includes(host))?.id;
}
