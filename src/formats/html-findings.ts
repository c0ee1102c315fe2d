import { isWaived } from '../compliance/judge.js';
import type { CheckReport, ReportFinding, ReportWaiver } from '../compliance/report.js';
import { count } from '../core/text.js';
import { ageOf, type FindingRoot, findingTree } from './html-finding-tree.js';
import { type Markup, markup, type Piece } from './html-markup.js';
import { badge, cut, SEVERITY, time, told } from './html-words.js';

const MOST_HOSTS = 12;
const MOST_EVIDENCE = 10;

/** Every finding with its cause, evidence and cure; what follows from another stands under it. */
export function findingsSection(report: CheckReport, history: readonly CheckReport[]): Markup {
  const roots = findingTree(report.findings);
  const several = report.clusters.length > 1;
  const view = (root: FindingRoot) => rootView(root, { report, history, several });
  return markup`<section aria-labelledby="findings"><h2 id="findings">Findings</h2>
${roots.length === 0 && markup`<p>Nothing was found.</p>`}${roots.map(view)}</section>`;
}

interface Around {
  readonly report: CheckReport;
  readonly history: readonly CheckReport[];
  /** Whether a finding has to name its cluster. */
  readonly several: boolean;
}

function rootView({ finding, consequences }: FindingRoot, around: Around): Markup {
  if (consequences.length === 0) return card(finding, around, null);
  const title = `${count(consequences.length, 'finding')} ${consequences.length === 1 ? 'follows' : 'follow'} from this`;
  const inner = markup`<details class="consequences" open><summary>${title}</summary>
${consequences.map((consequence) => card(consequence, around, finding))}</details>`;
  return card(finding, around, null, inner);
}

/** @param root the finding under which it stands */
function card(finding: ReportFinding, around: Around, root: ReportFinding | null, inner: Piece = null): Markup {
  const { id, title, severity, summary } = finding;
  const { report, history } = around;
  const waived = isWaived(finding);
  const { word, tone } = told(SEVERITY, severity);
  const sign = badge(waived ? { word: 'waived', tone: 'muted' } : { word, tone });
  const heading = markup`${sign} <span class="id">${id}</span> ${title}`;
  return markup`<article class="card ${waived ? 'muted-card' : tone}">
${root === null ? markup`<h3>${heading}</h3>` : markup`<h4>${heading}</h4>`}
<p class="summary">${summary}</p>
${finding.waivedHosts.length > 0 && waiverNote(finding, report.waivers)}
<dl class="facts">
${fact('Cause', finding.cause)}${around.several && fact('Cluster', finding.cluster)}${fact('Hosts', hostsOf(finding))}
${finding.evidence.length > 0 && fact('Evidence', evidenceOf(finding))}
${fact('To mend it', finding.mend)}${finding.task !== null && fact('Task', markup`<q>${finding.task}</q>`)}
${finding.because !== null && finding.because !== root?.id && fact('Follows from', finding.because)}
${history.length > 0 && fact('Seen', seen(finding, history))}</dl>
${inner}</article>
`;
}

function fact(name: string, value: Piece): Markup {
  return markup`<div><dt>${name}</dt><dd>${value}</dd></div>`;
}

function hostsOf({ hosts, waivedHosts }: ReportFinding): Piece {
  if (hosts.length === 0) return 'none by name';
  const waived = new Set(waivedHosts);
  const some = waived.size < hosts.length;
  return cut(
    hosts,
    MOST_HOSTS,
    (names) =>
      markup`<ul class="names">${names.map(
        (name) => markup`<li>${name}${some && waived.has(name) && markup` <span class="muted">waived</span>`}</li>`,
      )}</ul>`,
  );
}

function evidenceOf({ evidence }: ReportFinding): Piece {
  return cut(
    evidence,
    MOST_EVIDENCE,
    (lines) => markup`<ul class="evidence">${lines.map((line) => markup`<li>${line}</li>`)}</ul>`,
  );
}

/** Who took it on himself, why, and until when; a waiver that is out of date waives nothing and is told elsewhere. */
function waiverNote({ id, hosts, waivedHosts }: ReportFinding, waivers: readonly ReportWaiver[]): Markup {
  const own = waivers.filter((waiver) => waiver.id === id && waiver.state === 'used');
  const who = waivedHosts.length < hosts.length ? `on ${waivedHosts.length} of ${count(hosts.length, 'host')}` : '';
  return markup`<p class="waiver"><strong>Waived ${who}</strong>${own.map(
    ({ reason, owner, expires }) => markup`<br>${reason} (${owner}, until ${expires})`,
  )}</p>`;
}

function seen(finding: ReportFinding, history: readonly CheckReport[]): Piece {
  const age = ageOf(finding, history);
  if (age === null) return 'in this report; no earlier one looked for it';
  if (age.since === null) return markup`<strong>new</strong>: the report before this one does not have it`;
  return markup`since ${time(age.since.startedAt)}`;
}
