import { isWaived } from '../compliance/judge.js';
import type { CheckLine, CheckReport, ReportFinding, ReportFormat, ReportHost } from '../compliance/report.js';
import { jsonWithoutControls } from '../core/printable.js';
import { checks as catalogue } from '../diagnose/index.js';
import { locationOf, type SarifLocation } from './sarif-location.js';

/** SARIF 2.1.0: a rule a check, a result a finding, at the lines of its hosts in the inventory file. */
export const sarif: ReportFormat = {
  name: 'sarif',
  about: "SARIF 2.1.0: findings at their hosts' lines in the inventory, for code scanning",
  render(report) {
    const log = {
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
      runs: [runOf(report)],
    };
    return `${jsonWithoutControls(JSON.stringify(log, null, 2))}\n`;
  },
};

function runOf(report: CheckReport) {
  const { tool, id, inventory, profile, kind, checks } = report;
  const rules = checks.map(ruleOf);
  const hosts = new Map(report.hosts.map((host) => [host.name, host]));
  return {
    tool: { driver: { name: tool.name, semanticVersion: tool.version, rules } },
    automationDetails: { id: `fix-flannel/${inventory.name}/${id}` },
    columnKind: 'utf16CodeUnits',
    invocations: [invocationOf(report, hosts)],
    results: report.findings.map((finding) => resultOf(finding, report, hosts)),
    properties: { kind, profile, inventory: inventory.name, verdict: report.verdict.line, counts: report.counts },
  };
}

type Hosts = ReadonlyMap<string, ReportHost>;

function ruleOf({ id, title, severity }: CheckLine) {
  const known = catalogue.find((check) => check.id === id);
  const help = [known?.about, known?.page?.why, known?.page && `To mend it: ${known.page.mend}`]
    .filter((text) => text !== undefined)
    .join('\n\n');
  return {
    id,
    shortDescription: { text: messageText(title) },
    ...(help !== '' && {
      fullDescription: { text: messageText(known?.about ?? '') },
      help: { text: messageText(help) },
    }),
    defaultConfiguration: { level: levelOf(severity) },
  };
}

function resultOf(finding: ReportFinding, { checks, waivers, clusters }: CheckReport, hosts: Hosts) {
  const { id, fingerprint, severity, cluster, cause, evidence, mend, task, because, waivedHosts, summary } = finding;
  const ruleIndex = checks.findIndex((check) => check.id === id);
  const named = finding.hosts.length > 0 ? finding.hosts : hostsOfCluster(cluster, clusters);
  const reasons = waivers
    .filter((waiver) => waiver.id === id && waiver.state === 'used')
    .map(({ reason, owner, expires }) => `${reason} (${owner}, until ${expires})`);
  return {
    ruleId: id,
    ...(ruleIndex >= 0 && { ruleIndex }),
    level: levelOf(severity),
    message: { text: messageText([summary, `Cause: ${cause}`, ...evidence, `To mend it: ${mend}`].join('\n')) },
    locations: locationsOf(named, hosts),
    partialFingerprints: { 'fixFlannel/v1': fingerprint },
    ...(isWaived(finding) && {
      suppressions: [{ kind: 'external', ...(reasons.length > 0 && { justification: reasons.join('; ') }) }],
    }),
    properties: { cluster, hosts: finding.hosts, because, task, waivedHosts },
  };
}

/** A finding of no host in particular, such as one of etcd, stands at the first node of its cluster. */
function hostsOfCluster(name: string, clusters: CheckReport['clusters']): string[] {
  return (
    clusters
      .find((cluster) => cluster.name === name)
      ?.nodes.slice(0, 1)
      .map(({ host }) => host) ?? []
  );
}

function locationsOf(names: readonly string[], hosts: Hosts): SarifLocation[] {
  return names.map((name) => locationOf(hosts.get(name) ?? name));
}

/** What was not looked at is no result of a rule, but something that the program has to say about its run. */
function invocationOf({ startedAt, seconds, verdict, notEvaluated, hosts }: CheckReport, byName: Hosts) {
  const missed = notEvaluated.map(({ id, hosts: names, why }) => ({
    associatedRule: { id },
    level: 'warning',
    message: { text: messageText(why) },
    ...(names.length > 0 && { locations: locationsOf(names, byName) }),
  }));
  const failed = hosts
    .filter(({ status }) => status === 'failed' || status === 'not evaluated')
    .map((host) => ({
      level: 'error',
      message: { text: messageText([host.why ?? host.status, ...(host.hint === null ? [] : [host.hint])].join('\n')) },
      locations: [locationOf(host)],
    }));
  return {
    executionSuccessful: verdict.kind !== 'failed',
    exitCode: verdict.exitStatus,
    exitCodeDescription: verdict.line,
    startTimeUtc: startedAt,
    endTimeUtc: new Date(Date.parse(startedAt) + seconds * 1000).toISOString(),
    toolExecutionNotifications: [...failed, ...missed],
  };
}

function levelOf(severity: 'error' | 'warn'): 'error' | 'warning' {
  return severity === 'error' ? 'error' : 'warning';
}

/** In a message braces are places for arguments, and `[text](target)` is a link: neither may come of data. */
function messageText(text: string): string {
  return text.replace(/[{}]/g, (brace) => brace + brace).replaceAll('](', '] (');
}
