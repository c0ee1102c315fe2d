import { judge } from '../../src/compliance/judge.js';
import { NO_PROFILE } from '../../src/compliance/profile.js';
import type { CheckReport } from '../../src/compliance/report.js';
import { diagnose } from '../../src/diagnose/diagnose.js';
import { checks } from '../../src/diagnose/index.js';
import { pictureOf } from '../../src/diagnose/picture.js';
import { type Capture, capturedCluster } from '../diagnose/captured-cluster.js';
import { CLUSTER, hostsOf, reportWith } from '../support/reports.js';

const CAPTURES: readonly Capture[] = [
  'broken',
  'fixed',
  'iface-without-clearing-run',
  'v3-broken',
  'v3-fixed-all-at-once',
  'v3-iface-without-clearing-run',
];

/** Reports of the captured clusters, judged as `check` judges them. */
export function recordedReports(): { readonly about: string; readonly report: CheckReport }[] {
  return CAPTURES.map((capture) => ({ about: `captured ${capture}`, report: recordedReport(capture) }));
}

function recordedReport(capture: Capture): CheckReport {
  const cluster = capturedCluster(capture);
  const site = {
    ...diagnose(cluster, checks),
    picture: pictureOf(cluster, { name: CLUSTER, store: 'v2' }),
    looked: checks.map(({ id }) => id),
    notFor: new Map<string, string>(),
  };
  const waivers = { waivedHosts: () => [], states: () => [] };
  return reportWith(judge({ checks, sites: [site], hosts: hostsOf(3), profile: NO_PROFILE, waivers }));
}
