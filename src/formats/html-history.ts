import type { CheckReport, ReportFinding } from '../compliance/report.js';
import { type Markup, markup, type Piece } from './html-markup.js';
import { badge, table, time, told, VERDICTS } from './html-words.js';

/** More reports than this are neither drawn nor listed. */
const MOST_BARS = 90;
const MOST_ROWS = 30;
const HEIGHT = 80;
const STEP = 14;

/** How errors and warnings went over the earlier reports and this one, and what ended since the last. */
export function historySection(report: CheckReport, history: readonly CheckReport[]): Markup {
  const reports = [report, ...history];
  return markup`<section aria-labelledby="history"><h2 id="history">History</h2>
${history.length === 0 ? markup`<p>No earlier report of this inventory was kept.</p>` : trend(reports)}</section>`;
}

/** @param reports the newest first */
function trend(reports: readonly CheckReport[]): Piece {
  const drawn = reports.slice(0, MOST_BARS).reverse();
  return [
    ended(reports),
    markup`<figure>${bars(drawn)}<figcaption>Errors (filled) and warnings (striped) from \
${time(drawn[0]?.startedAt ?? '')} to ${time(drawn.at(-1)?.startedAt ?? '')}, this report last. \
The tallest bar is ${tallest(drawn)}.</figcaption></figure>`,
    table({
      caption: reports.length > MOST_ROWS ? `The last ${MOST_ROWS} of ${reports.length} reports` : 'All reports kept',
      heads: ['When', 'Kind', 'Verdict', 'Errors', 'Warnings', 'Waived', 'Not evaluated', 'Report'],
      rows: reports.slice(0, MOST_ROWS).map(row),
    }),
  ];
}

function row({ startedAt, kind, verdict, counts, id }: CheckReport, at: number): Markup {
  return markup`<tr><th scope="row" class="nowrap">${time(startedAt)}${at === 0 && ' (this one)'}</th><td>${kind}</td>\
<td>${badge(told(VERDICTS, verdict.kind))}</td><td>${counts.errors}</td><td>${counts.warnings}</td>\
<td>${counts.waived}</td><td>${counts.notEvaluated}</td><td>${id}</td></tr>`;
}

/** Findings of the report before this one that this one looked for and does not have any more. */
function ended([report, last]: readonly CheckReport[]): Piece {
  if (report === undefined || last === undefined) return null;
  const still = new Set(report.findings.map(({ fingerprint }) => fingerprint));
  const looked = new Set(report.checks.filter(wasLooked).map(({ id }) => id));
  const gone = last.findings.filter(({ id, fingerprint }) => looked.has(id) && !still.has(fingerprint));
  if (gone.length === 0) return null;
  return markup`<p>Gone since the report before this one:</p><ul>${gone.map(
    ({ id, summary }: ReportFinding) => markup`<li><span class="id">${id}</span> ${summary}</li>`,
  )}</ul>`;
}

function wasLooked({ status }: CheckReport['checks'][number]): boolean {
  return status !== 'skipped' && status !== 'not-evaluated';
}

function heightOf({ counts }: CheckReport): number {
  return counts.errors + counts.warnings;
}

function tallest(reports: readonly CheckReport[]): number {
  return reports.reduce((most, report) => Math.max(most, heightOf(report)), 0);
}

function bars(reports: readonly CheckReport[]): Markup {
  const unit = (HEIGHT - 12) / Math.max(1, tallest(reports));
  const width = reports.length * STEP + 4;
  const about = `Bars of errors and warnings over ${reports.length} reports; the table below has the numbers`;
  return markup`<svg class="trend" role="img" aria-label="${about}" width="${width}" height="${HEIGHT}" \
viewBox="0 0 ${width} ${HEIGHT}">${reports.map((report, at) => bar(report, 2 + at * STEP, unit))}\
<path class="axis" d="M0 ${HEIGHT - 4.5}H${width}"/></svg>`;
}

function bar(report: CheckReport, x: number, unit: number): Markup {
  const { counts, verdict, startedAt } = report;
  const [errors, warnings] = [counts.errors * unit, counts.warnings * unit];
  const base = HEIGHT - 5;
  const tone = told(VERDICTS, verdict.kind).tone;
  const title = `${startedAt}: ${counts.errors} errors, ${counts.warnings} warnings`;
  const none = markup`<rect class="cell ${tone}" x="${x}" y="${base - 3}" width="10" height="3"/>`;
  return markup`<g><title>${title}</title><rect class="nothing" x="${x - 2}" y="0" width="${STEP}" height="${HEIGHT}"/>\
${heightOf(report) === 0 && none}\
${errors > 0 && markup`<rect class="fill-error-bar" x="${x}" y="${base - errors}" width="10" height="${errors}"/>`}\
${warnings > 0 && markup`<rect class="fill-warn-bar" x="${x}" y="${base - errors - warnings}" width="10" height="${warnings}"/>`}</g>`;
}
