import { type Metric, metricText } from '../../formats/prometheus.js';
import type { Daemon, ServedStatus } from './daemon.js';

/** How all clusters and the daemon stand, for Prometheus to scrape. */
export function metricsText(daemon: Daemon): string {
  const { isAlive, overdue } = daemon.health();
  const own = (name: string, help: string, value: number) => ({ name, help, samples: [{ labels: {}, value }] });
  const metrics = [
    own('fix_flannel_serve_alive', 'Whether the schedule is followed.', isAlive ? 1 : 0),
    own('fix_flannel_serve_overdue', 'Clusters that are overdue by more than two periods.', overdue.length),
    ...clusterMetrics(daemon.statuses()),
    {
      name: 'fix_flannel_serve_webhook_failures_total',
      help: 'Messages that could not be sent, since the daemon began.',
      type: 'counter' as const,
      samples: lostBy(daemon).map(([to, value]) => ({ labels: { to }, value })),
    },
  ];
  return metrics
    .filter(({ samples }) => samples.length > 0)
    .map(metricText)
    .join('');
}

/** Several webhooks may go to one origin. */
function lostBy(daemon: Daemon): (readonly [string, number])[] {
  const sums = new Map<string, number>();
  for (const { to, failures } of daemon.messengers()) sums.set(to, (sums.get(to) ?? 0) + failures);
  return [...sums];
}

function clusterMetrics(statuses: readonly ServedStatus[]): Metric[] {
  const each = (name: string, help: string, value: (served: ServedStatus) => number | null | undefined): Metric => ({
    name: `fix_flannel_serve_${name}`,
    help,
    ...(name.endsWith('_total') && { type: 'counter' }),
    samples: statuses.flatMap((served) => {
      const number = value(served);
      const labels = { cluster: served.cluster.name };
      return typeof number === 'number' && Number.isFinite(number) ? [{ labels, value: number }] : [];
    }),
  });
  return [
    each('last_start_timestamp_seconds', 'When the last check began.', ({ status }) => seconds(status.lastStart)),
    each('next_due_timestamp_seconds', 'When the next check is due.', ({ due }) => seconds(due ?? null)),
    each('last_duration_seconds', 'How long the last check took.', ({ status }) => status.lastSeconds),
    each('last_exit_status', 'What the last check ended with; 0 is sound.', ({ status }) => status.lastExitStatus),
    each('check_runs', 'Whether the last check could run.', ({ status }) => (status.failure === null ? 1 : 0)),
    findings(statuses),
    each('checks_total', 'Checks since the daemon began.', ({ status }) => status.checks),
    each('check_failures_total', 'Checks that could not run.', ({ status }) => status.failures),
    each('skipped_total', 'Times at which the check before had not ended.', ({ status }) => status.skipped),
    each('runs_total', 'Runs that were begun to mend findings.', ({ status }) => status.runs),
  ];
}

function findings(statuses: readonly ServedStatus[]): Metric {
  return {
    name: 'fix_flannel_serve_findings',
    help: 'Findings of the newest report that are not waived.',
    samples: statuses.flatMap(({ cluster: { name }, status: { latest } }) =>
      latest === undefined
        ? []
        : [
            { labels: { cluster: name, severity: 'error' }, value: latest.counts.errors },
            { labels: { cluster: name, severity: 'warn' }, value: latest.counts.warnings },
          ],
    ),
  };
}

function seconds(milliseconds: number | null): number | null {
  return milliseconds === null ? null : milliseconds / 1000;
}
