import { isWaived } from '../compliance/judge.js';
import type { CheckReport, ReportHost } from '../compliance/report.js';
import type { NodePicture } from '../diagnose/picture.js';
import { type Markup, markup, type Piece } from './html-markup.js';
import { badge, HOST_STATUS, table, told } from './html-words.js';

/** All hosts with what is known of them; the field above the table hides the rows that do not have its words. */
export function hostsSection(report: CheckReport): Markup {
  const nodes = nodesByHost(report);
  const findings = findingsByHost(report);
  return markup`<section aria-labelledby="hosts"><h2 id="hosts">Hosts</h2>
<p id="filter" hidden><label for="filter-words">Show hosts that have the words</label>
<input id="filter-words" type="search" autocomplete="off" spellcheck="false">
<output id="filter-count" for="filter-words"></output></p>
${table({
  caption: 'Hosts of the inventory',
  heads: ['Host', 'State', 'Findings', 'Subnet', 'Public address', 'flanneld', 'Inventory'],
  rows: report.hosts.map((host) => hostRow(host, nodes.get(host.name), findings.get(host.name) ?? new Set())),
})}</section>`;
}

function hostRow(host: ReportHost, node: NodePicture | undefined, ids: ReadonlySet<string>): Markup {
  return markup`<tr><th scope="row">${host.name}</th><td>${badge(told(HOST_STATUS, host.status))}${trouble(host)}</td>\
<td class="id">${[...ids].join(' ')}</td><td>${node?.subnet}</td><td>${published(node)}</td>\
<td>${daemon(node)}</td><td>${host.at}</td></tr>`;
}

function trouble({ why, hint }: ReportHost): Piece {
  return [why !== null && markup`<br>${why}`, hint !== null && markup`<br><span class="muted">${hint}</span>`];
}

function published(node: NodePicture | undefined): Piece {
  if (node === undefined || node.published === null) return null;
  const how = [node.iface, node.how].filter((part) => part !== null).join(', ');
  return markup`${node.published}${how !== '' && markup` <span class="muted">(${how})</span>`}`;
}

function daemon(node: NodePicture | undefined): Piece {
  if (node === undefined || node.status !== 'flannel') return null;
  const words = [node.version, node.running ? 'running' : 'not running', node.unit];
  return words.filter((word) => word !== null).join(', ');
}

/** A host may be drawn with several clusters: where it runs flannel says the most. */
function nodesByHost({ clusters }: CheckReport): ReadonlyMap<string, NodePicture> {
  const nodes = new Map<string, NodePicture>();
  for (const node of clusters.flatMap((cluster) => cluster.nodes)) {
    if (nodes.get(node.host)?.status !== 'flannel') nodes.set(node.host, node);
  }
  return nodes;
}

/** Ids of what counts on each host; a finding that is waived there does not. */
function findingsByHost({ findings }: CheckReport): ReadonlyMap<string, ReadonlySet<string>> {
  const ids = new Map<string, Set<string>>();
  for (const finding of findings.filter((one) => !isWaived(one))) {
    const waived = new Set(finding.waivedHosts);
    for (const host of finding.hosts.filter((name) => !waived.has(name))) {
      const own = ids.get(host);
      if (own === undefined) ids.set(host, new Set([finding.id]));
      else own.add(finding.id);
    }
  }
  return ids;
}
