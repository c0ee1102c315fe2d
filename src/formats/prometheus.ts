import { isWaived } from '../compliance/judge.js';
import type { CheckReport, CheckStatus, ReportFormat } from '../compliance/report.js';
import { withoutControls } from '../core/printable.js';

/**
 * Metrics for node_exporter's textfile collector. What a cluster has none of counts 0, so that its series stay; a cluster
 * that was not seen has none, as nothing is known of it.
 */
export const prometheus: ReportFormat = {
  name: 'prometheus',
  about: "metrics for node_exporter's textfile collector",
  render: (report, history) => metricsOf(report, history).map(metricText).join(''),
};

/** A metric as Prometheus reads it. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  /** A gauge where it is not said. */
  readonly type?: 'gauge' | 'counter';
  readonly samples: readonly Sample[];
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const STATUSES: readonly CheckStatus[] = ['passed', 'failed', 'warned', 'not-evaluated', 'waived', 'skipped'];

function metricsOf(report: CheckReport, history: readonly CheckReport[]): Metric[] {
  const labels = { inventory: report.inventory.name };
  const one = (name: string, help: string, value: number) => ({ name, help, samples: [{ labels, value }] });
  return [
    one('fix_flannel_exit_status', 'What the last check ended with; 0 is sound.', report.verdict.exitStatus),
    one('fix_flannel_hosts', 'Hosts of the inventory.', report.counts.hosts),
    one('fix_flannel_hosts_evaluated', 'Hosts that could be looked at.', report.counts.evaluated),
    one('fix_flannel_duration_seconds', 'How long the last check took.', report.seconds),
    one('fix_flannel_last_check_timestamp_seconds', 'When the last check ended.', endOf(report)),
    one(
      'fix_flannel_last_success_timestamp_seconds',
      'When the newest check ended that had exit status 0; 0 where none is known.',
      lastSuccess([report, ...history]),
    ),
    {
      name: 'fix_flannel_checks',
      help: 'Checks of the catalogue by what they came to.',
      samples: STATUSES.map((status) => ({
        labels: { ...labels, status },
        value: report.checks.filter((check) => check.status === status).length,
      })),
    },
    {
      name: 'fix_flannel_check_evaluated',
      help: 'Whether a check could look at all that it has to look at: 0 is no, or that it was left out.',
      samples: report.checks.map(({ id, status }) => ({
        labels: { ...labels, id },
        value: status === 'not-evaluated' || status === 'skipped' ? 0 : 1,
      })),
    },
    ...findingMetrics(report),
    {
      name: 'fix_flannel_info',
      help: 'The program that checked.',
      samples: [{ labels: { ...labels, version: report.tool.version }, value: 1 }],
    },
  ];
}

function findingMetrics(report: CheckReport): Metric[] {
  const counting = report.findings.filter((finding) => !isWaived(finding));
  return [
    {
      name: 'fix_flannel_findings',
      help: 'Findings that are not waived.',
      samples: countsBySeries(report, counting),
    },
    {
      name: 'fix_flannel_findings_waived',
      help: 'Findings that a waiver covers on all of their hosts.',
      samples: countsBySeries(report, report.findings.filter(isWaived)),
    },
  ];
}

/** A series for each cluster, check and severity, as a check may find things of either. */
function countsBySeries({ inventory, clusters, checks, findings }: CheckReport, counted: CheckReport['findings']) {
  const names = new Set([...clusters.map(({ name }) => name), ...findings.map(({ cluster }) => cluster)]);
  const ids = new Set([...checks.map(({ id }) => id), ...findings.map(({ id }) => id)]);
  const counts = new Map<string, Sample>();
  for (const cluster of names)
    for (const id of ids)
      for (const severity of ['error', 'warn']) {
        const labels = { inventory: inventory.name, cluster, id, severity };
        counts.set(JSON.stringify([cluster, id, severity]), { labels, value: 0 });
      }
  for (const { cluster, id, severity } of counted) {
    const key = JSON.stringify([cluster, id, severity]);
    const sample = counts.get(key);
    if (sample !== undefined) counts.set(key, { ...sample, value: sample.value + 1 });
  }
  return [...counts.values()];
}

/** Seconds since 1970. */
function endOf({ startedAt, seconds }: CheckReport): number {
  return Math.round(Date.parse(startedAt) + seconds * 1000) / 1000;
}

function lastSuccess(reports: readonly CheckReport[]): number {
  return Math.max(0, ...reports.filter(({ verdict }) => verdict.exitStatus === 0).map(endOf));
}

/** A metric in the text format, with its help and type. */
export function metricText({ name, help, type = 'gauge', samples }: Metric): string {
  const lines = samples.map(({ labels, value }) => `${name}{${labelsText(labels)}} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([label, value]) => `${label}="${escaped(value)}"`)
    .join(',');
}

function escaped(value: string): string {
  return withoutControls(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
