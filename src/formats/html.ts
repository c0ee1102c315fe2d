import type { CheckReport, ReportFormat } from '../compliance/report.js';
import { findingsSection } from './html-findings.js';
import { historySection } from './html-history.js';
import { hostsSection } from './html-hosts.js';
import { type Markup, markup } from './html-markup.js';
import { page } from './html-page.js';
import { pictureSection } from './html-picture.js';
import { changesSection, checksSection, notEvaluatedSection, waiversSection } from './html-tables.js';
import { contents, verdictSection } from './html-verdict.js';
import { time, told, VERDICTS } from './html-words.js';

/** One page for people, in one file, to be opened, printed and sent: it asks no network for anything. */
export const html: ReportFormat = {
  name: 'html',
  about: 'one page for people: verdict, picture of the cluster, findings, diffs, hosts, history',
  render(report, history) {
    const { inventory, verdict, startedAt } = report;
    const title = `${told(VERDICTS, verdict.kind).word}: ${inventory.name}, ${startedAt.slice(0, 16)}, fix-flannel`;
    return page({ title, body: bodyOf(report, history) });
  },
};

function bodyOf(report: CheckReport, history: readonly CheckReport[]): Markup {
  return markup`${verdictSection(report)}
${contents(report)}
${pictureSection(report)}
${findingsSection(report, history)}
${notEvaluatedSection(report)}
${waiversSection(report)}
${changesSection(report)}
${historySection(report, history)}
${hostsSection(report)}
${checksSection(report)}
<footer><p class="muted">${report.tool.name} ${report.tool.version}, report ${report.id}, \
begun ${time(report.startedAt)}</p></footer>`;
}
