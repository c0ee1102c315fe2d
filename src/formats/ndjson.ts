import type { CheckReport, ReportFormat } from '../compliance/report.js';
import { jsonWithoutControls } from '../core/printable.js';

/** One JSON object a line, each with its `kind`; the verdict is the last one. */
export const ndjson: ReportFormat = {
  name: 'ndjson',
  about: 'one JSON object a line: the report, each check, finding, host, the verdict last',
  render: (report) => reportLines(report).map(line).join(''),
};

function line(value: object): string {
  return `${jsonWithoutControls(JSON.stringify(value))}\n`;
}

/** Every part of a report once. `kind` tells the parts apart, so a report's own kind stands under `report`. */
function reportLines(report: CheckReport): object[] {
  const { verdict, counts, checks, findings, notEvaluated, waivers, hosts, clusters, before, changes } = report;
  const { kind: reportKind, ...head } = withoutParts(report);
  const { kind: verdictKind, ...rest } = verdict;
  return [
    { kind: 'report', report: reportKind, ...head },
    ...of('host', hosts),
    ...of('before', before ?? []),
    ...of('cluster', clusters),
    ...of('check', checks),
    ...of('finding', findings),
    ...of('not-evaluated', notEvaluated),
    ...of('waiver', waivers),
    ...of('change', changes),
    { kind: 'verdict', verdict: verdictKind, ...rest, counts },
  ];
}

function withoutParts(report: CheckReport) {
  const { schema, kind, id, tool, inventory, recorded, startedAt, seconds, profile } = report;
  return { schema, kind, id, tool, inventory, recorded, startedAt, seconds, profile };
}

function of(kind: string, parts: readonly object[]): object[] {
  return parts.map((part) => ({ kind, ...part }));
}
