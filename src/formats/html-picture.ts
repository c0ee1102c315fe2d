import type { CheckReport } from '../compliance/report.js';
import { count } from '../core/text.js';
import type { ClusterPicture, NodePicture } from '../diagnose/picture.js';
import { type Markup, markup, type Piece } from './html-markup.js';
import { deadBox, hostBox, nodeBox, sharedBox, TILE, tile } from './html-picture-boxes.js';
import { type DrawnNode, groupsOf, type PictureGroups } from './html-picture-groups.js';
import { cut, duration, icon, type Tone, table } from './html-words.js';

/** More nodes of one kind than this are cells without names. */
const MOST_BOXES = 40;

/** The clusters, drawn: nodes by the subnet and address that they hold; of a run, before and after side by side. */
export function pictureSection({ clusters, before }: CheckReport): Markup {
  return markup`<section aria-labelledby="picture"><h2 id="picture">Picture of the cluster</h2>
${clusters.length === 0 && markup`<p>No cluster was read, so there is nothing to draw.</p>`}
${pairs(clusters, before ?? []).map((pair) => clusterView(pair, before !== null))}</section>`;
}

interface Pair {
  readonly name: string;
  readonly was: ClusterPicture | undefined;
  readonly now: ClusterPicture | undefined;
}

/** Each cluster as it is, and as it was. */
function pairs(now: readonly ClusterPicture[], was: readonly ClusterPicture[]): Pair[] {
  const gone = was.filter(({ name }) => !now.some((other) => other.name === name));
  return [
    ...now.map((picture) => ({
      name: picture.name,
      was: was.find(({ name }) => name === picture.name),
      now: picture,
    })),
    ...gone.map((picture) => ({ name: picture.name, was: picture, now: undefined })),
  ];
}

function clusterView({ name, was, now }: Pair, isRun: boolean): Markup {
  const { network, store } = now ?? was ?? { network: null, store: null };
  const heading = markup`<h3>${name}</h3><p class="muted">${network !== null && `network ${network}`}\
${network !== null && store !== null && ', '}${store !== null && `store ${store}`}</p>`;
  if (!isRun) return markup`${heading}${now !== undefined && figure(now, null)}`;
  return markup`${heading}<div class="sides">
<div>${side('Before', was)}</div><div>${side('After', now)}</div></div>`;
}

function side(when: string, picture: ClusterPicture | undefined): Markup {
  const missing = markup`<p class="muted">It was not read.</p>`;
  return markup`<h4>${when}</h4>${picture === undefined ? missing : figure(picture, when)}`;
}

function figure(picture: ClusterPicture, when: string | null): Markup {
  const groups = groupsOf(picture);
  return markup`<figure>${kinds(groups)}${nothing(groups) && markup`<p>No node and no lease.</p>`}
<figcaption>${caption(picture, groups)}</figcaption></figure>${asTable(picture, groups, when)}`;
}

function nothing({ shared, own, odd, without, unread, noFlannel, dead }: PictureGroups): boolean {
  return [shared, own, odd, without, unread, noFlannel, dead].every((group) => group.length === 0);
}

function kinds({ shared, own, odd, without, unread, noFlannel, dead }: PictureGroups): Piece {
  const sharing = shared.reduce((sum, { nodes }) => sum + nodes.length, 0);
  const maybe = unread.length > 0 ? `; ${count(unread.length, 'host')} could not be read and may hold one` : '';
  const boxesOf = (tone: Tone) => (some: readonly NodePicture[]) => some.map((node) => hostBox(node, tone));
  return [
    kind('error', sharing, 'node', 'share what each should have alone', cut(shared, MOST_BOXES, drawAll(sharedBox))),
    kind('warn', odd.length, 'node', 'not in step with the leases', boxesOrTiles(odd, 'warn')),
    kind('ok', own.length, 'node', 'whose subnet and address nobody else has', boxesOrTiles(own, 'ok')),
    kind('warn', without.length, 'node', 'without a subnet', boxesOrTiles(without, 'warn')),
    kind('warn', dead.length, 'lease', `that no node holds${maybe}`, cut(dead, MOST_BOXES, drawAll(deadBox))),
    kind('unknown', unread.length, 'host', 'not read', cut(unread, MOST_BOXES, boxesOf('unknown'))),
    kind('muted', noFlannel.length, 'host', 'without flannel', cut(noFlannel, MOST_BOXES, boxesOf('muted'))),
  ];
}

function kind(tone: Tone, number: number, noun: string, what: string, boxes: Piece): Piece {
  if (number === 0) return null;
  return markup`<p class="kind">${icon(tone)}${count(number, noun)} ${what}</p><div class="boxes">${boxes}</div>\n`;
}

function drawAll<T>(draw: (item: T) => Markup): (items: readonly T[]) => Markup[] {
  return (items) => items.map(draw);
}

function boxesOrTiles(nodes: readonly DrawnNode[], tone: Tone): Markup[] {
  if (nodes.length <= MOST_BOXES) return nodes.map(nodeBox);
  const tiles = Array.from({ length: Math.ceil(nodes.length / TILE) }, (_, at) =>
    nodes.slice(at * TILE, (at + 1) * TILE),
  );
  return tiles.map((some) => tile(some, tone));
}

function caption({ leases, leasesInAll }: ClusterPicture, { shared }: PictureGroups): string {
  const all = leasesInAll === null ? 'The leases were not read.' : `${count(leasesInAll, 'lease')} in all.`;
  const some = leasesInAll !== null && leasesInAll > leases.length ? ` Only ${leases.length} of them are drawn.` : '';
  const rule = shared.length > 0 ? ' Nodes in one box share its subnet or address: their containers collide.' : '';
  return `${all}${some}${rule}`;
}

/** The same for people who do not see it, and for whoever wants to copy out of it. */
function asTable(picture: ClusterPicture, groups: PictureGroups, when: string | null): Markup {
  const title = `${picture.name}${when === null ? '' : `, ${when.toLowerCase()}`}`;
  const nodes = [...groups.shared.flatMap((group) => group.nodes), ...groups.odd, ...groups.own, ...groups.without];
  const sharers = sharersOf(groups);
  return markup`<details><summary>The same as a table</summary>${table({
    caption: `Nodes of ${title}`,
    heads: ['Node', 'Subnet', 'Public address', 'Interface', 'Lease for', 'Remark'],
    rows: [
      ...nodes.map((node) => nodeRow(node, sharers)),
      ...[...groups.unread, ...groups.noFlannel].map(
        ({ host, why }) => markup`<tr><th scope="row">${host}</th><td colspan="5">${why}</td></tr>`,
      ),
    ],
  })}${
    groups.dead.length > 0 &&
    table({
      caption: `Leases of ${title} that no node holds`,
      heads: ['Subnet', 'For', 'Ends in'],
      rows: groups.dead.map(
        ({ subnet, publicIp, ttlSeconds }) =>
          markup`<tr><th scope="row">${subnet}</th><td>${publicIp}</td>\
<td>${ttlSeconds === null ? 'no end: reserved' : duration(ttlSeconds)}</td></tr>`,
      ),
    })
  }</details>`;
}

/** How many nodes each is in a group with. */
function sharersOf({ shared }: PictureGroups): ReadonlyMap<string, number> {
  return new Map(shared.flatMap(({ nodes }) => nodes.map(({ host }) => [host, nodes.length - 1] as const)));
}

function nodeRow({ host, subnet, published, iface, lease, remark }: DrawnNode, sharers: ReadonlyMap<string, number>) {
  const others = sharers.get(host);
  const shared = others === undefined ? null : `shares with ${count(others, 'other node')}`;
  return markup`<tr><th scope="row">${host}</th><td>${subnet}</td><td>${published}</td><td>${iface}</td>\
<td>${lease?.publicIp}</td><td>${[shared, remark].filter((part) => part !== null).join('; ')}</td></tr>`;
}
