import { printableLine } from '../core/text.js';
import type { Check } from '../diagnose/check.js';
import type { Cluster } from '../diagnose/cluster.js';
import { type Diagnosis, ofRuns } from '../diagnose/diagnose.js';
import { NOT_FOR_KUBERNETES } from '../diagnose/kube-advice.js';
import { pictureOf } from '../diagnose/picture.js';
import type { SiteSurvey } from '../diagnose/survey.js';
import type { Site } from './flannel-sites.js';
import { isKubernetes } from './kubernetes-site.js';

/** A site as it was seen, for reports. */
export function surveyOf(
  cluster: Cluster,
  site: Site,
  { findings, notEvaluated }: Diagnosis,
  checks: readonly Check[] = ofRuns,
): SiteSurvey {
  const notFor = isKubernetes(site) ? NOT_FOR_KUBERNETES : new Map<string, string>();
  const store = site.spec?.store ?? (isKubernetes(site) ? 'kubernetes' : null);
  return {
    picture: pictureOf(cluster, { name: siteName(site), store }),
    findings,
    notEvaluated,
    looked: checks.map(({ id }) => id).filter((id) => !notFor.has(id)),
    notFor,
  };
}

/** What tells a cluster from the others of its inventory: `etcd v2 /kubernetes/network`. */
export function siteName(site: Pick<Site, 'spec' | 'nodes'>): string {
  const { spec, nodes } = site;
  if (spec !== undefined) return printableLine(`etcd ${spec.store} ${spec.prefix}`, 200);
  return isKubernetes(site) ? 'Kubernetes API' : `etcd of ${nodes[0]?.host ?? 'no host'}`;
}
