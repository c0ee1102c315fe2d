import type { LeasePicture, NodePicture } from '../diagnose/picture.js';
import { type Markup, markup, type Piece } from './html-markup.js';
import type { DrawnNode, SharedGroup } from './html-picture-groups.js';
import { duration, type Tone } from './html-words.js';

// Every box is a small drawing of its own, so that boxes flow over a page of any width and paper.

const NARROW = 220;
const WIDE = 392;
/** From here on the nodes of a group are cells without names. */
const MOST_ROWS = 12;
const CELL = 17;
const CELLS_A_ROW = 21;
/** Nodes in one tile of cells. */
export const TILE = CELLS_A_ROW * 5;

/** One node with a subnet, or none, of its own. */
export function nodeBox(node: DrawnNode): Markup {
  const { host, published, iface, subnet, remark } = node;
  const tone: Tone = remark === null ? 'ok' : 'warn';
  return box({ width: NARROW, height: 96, tone, about: nodeText(node) }, [
    at(16, 25, 'mono strong', subnet ?? 'no subnet', 20),
    at(16, 47, 'strong', host, 24),
    at(16, 66, 'mono', [published ?? 'no address', iface ?? ''].join(' '), 26),
    remark === null ? at(16, 85, 'muted', ofLease(node), 30) : [sign('warn', 16, 73), at(36, 85, 'warn', remark, 27)],
  ]);
}

/** Several nodes in one box, with what they share on top of it. */
export function sharedBox(group: SharedGroup): Markup {
  const { nodes, subnets, addresses } = group;
  const rows = nodes.length <= MOST_ROWS;
  const body = rows ? nodes.length * 24 : heightOfCells(nodes.length);
  const values = [...subnets, ...addresses];
  const about = `${nodes.length} nodes share ${shares(group)}: ${values.join(', ')}. ${namesOf(nodes)}.`;
  return box({ width: WIDE, height: 96 + body, tone: 'error', about }, [
    markup`<path class="fill-error" d="M5 1.5H${WIDE - 9}a7.5 7.5 0 0 1 7.5 7.5V60H5z"/>`,
    sign('error', 16, 12),
    at(40, 26, 'strong error', `${nodes.length} nodes on ${shares(group)}`, 38),
    at(16, 48, 'mono strong error', values.join('  '), 48),
    rows ? nodes.map((node, row) => nodeRow(node, group, 80 + row * 24)) : cells(nodes, 'error', 72),
    at(16, 84 + body, 'muted', leaseLine(nodes), 54),
  ]);
}

/** Nodes without names: a fleet of hundreds at a glance; a name shows where the pointer stays. */
export function tile(nodes: readonly DrawnNode[], tone: Tone): Markup {
  const [first, last] = [nodes[0]?.host ?? '', nodes.at(-1)?.host ?? ''];
  const caption = nodes.length === 1 ? first : `${first} to ${last}`;
  const height = heightOfCells(nodes.length) + 40;
  return box({ width: WIDE, height, tone, about: `${nodes.length} nodes: ${caption}` }, [
    cells(nodes, tone, 12),
    at(16, height - 12, 'muted', `${nodes.length}: ${caption}`, 48),
  ]);
}

/** A lease whose subnet no node holds: crossed out, unless an administrator keeps it for somebody. */
export function deadBox({ subnet, publicIp, ttlSeconds }: LeasePicture): Markup {
  const reserved = ttlSeconds === null;
  const end = reserved ? 'reserved: it has no end' : `ends in ${duration(ttlSeconds)}`;
  const about = `Lease of ${subnet} for ${publicIp}: no node holds it, ${end}`;
  return box({ width: NARROW, height: 74, tone: reserved ? 'muted' : 'warn', about, dead: true }, [
    sign(reserved ? 'muted' : 'warn', 16, 12),
    at(40, 25, reserved ? 'mono strong' : 'mono strong struck', subnet, 20),
    at(16, 46, 'mono', `for ${publicIp}`, 26),
    at(16, 64, 'muted', end, 30),
  ]);
}

/** A host that has no place in the picture: unread, or without flannel. */
export function hostBox({ host, why }: NodePicture, tone: Tone): Markup {
  return box({ width: NARROW, height: 60, tone, about: `${host}: ${why ?? 'not known why'}` }, [
    sign(tone, 16, 12),
    at(40, 25, 'strong', host, 22),
    at(16, 47, 'muted', why ?? '', 32),
  ]);
}

interface Box {
  readonly width: number;
  readonly height: number;
  readonly tone: Tone;
  /** What people read who do not see it, and what a pointer that stays shows. */
  readonly about: string;
  readonly dead?: true;
}

function box({ width, height, tone, about, dead }: Box, inner: Piece): Markup {
  const frame = dead ? 'frame dead' : 'frame';
  return markup`<svg class="box ${tone}" role="img" aria-label="${about}" width="${width}" height="${height}" \
viewBox="0 0 ${width} ${height}"><title>${about}</title>\
<rect class="${frame}" x="1" y="1" width="${width - 2}" height="${height - 2}" rx="8"/>${inner}\
<rect class="stripe" x="1" y="1" width="4" height="${height - 2}" rx="2"/></svg>`;
}

/** @param most characters: about as many as fit; the whole text is in the title of the box */
function at(x: number, y: number, style: string, text: string, most: number): Markup {
  const chars = Array.from(text);
  const shown = chars.length > most ? `${chars.slice(0, most - 1).join('')}…` : text;
  return markup`<text class="${style}" x="${x}" y="${y}">${shown}</text>`;
}

function sign(tone: Tone, x: number, y: number): Markup {
  return markup`<use class="icon ${tone}" href="#icon-${tone}" x="${x}" y="${y}" width="16" height="16"/>`;
}

/** A node among those that it shares with: what it shares stands out, and a line joins it to the rest. */
function nodeRow(node: DrawnNode, { subnets, addresses }: SharedGroup, y: number): Markup {
  const { host, published, subnet } = node;
  const styleOf = (value: string | null, shared: readonly string[]) =>
    value !== null && shared.includes(value) ? 'mono error strong' : 'mono';
  return markup`<g><title>${nodeText(node)}</title>\
<path class="joint" d="M20 ${y - 24}V${y - 4}H28"/><circle class="knot" cx="30" cy="${y - 4}" r="4"/>\
${at(42, y, 'strong', host, 11)}${at(134, y, styleOf(published, addresses), published ?? 'no address', 15)}\
${at(250, y, styleOf(subnet, subnets), subnet ?? 'no subnet', 18)}</g>`;
}

function cells(nodes: readonly DrawnNode[], tone: Tone, top: number): Markup[] {
  return nodes.map((node, index) => {
    const [x, y] = [16 + (index % CELLS_A_ROW) * CELL, top + Math.floor(index / CELLS_A_ROW) * CELL];
    return markup`<rect class="cell ${tone}" x="${x}" y="${y}" width="13" height="13" rx="3">\
<title>${nodeText(node)}</title></rect>`;
  });
}

function heightOfCells(nodes: number): number {
  return Math.ceil(nodes / CELLS_A_ROW) * CELL;
}

function nodeText({ host, published, iface, subnet, remark }: DrawnNode): string {
  const where = `${published ?? 'no address'}${iface === null ? '' : ` (${iface})`}`;
  return `${host}: ${subnet ?? 'no subnet'}, ${where}${remark === null ? '' : `, ${remark}`}`;
}

function shares({ subnets, addresses }: SharedGroup): string {
  return [
    subnets.length > 0 && (subnets.length === 1 ? 'one subnet' : `${subnets.length} subnets`),
    addresses.length > 0 && (addresses.length === 1 ? 'one address' : `${addresses.length} addresses`),
  ]
    .filter((part) => part !== false)
    .join(' and ');
}

function namesOf(nodes: readonly DrawnNode[]): string {
  const names = nodes.slice(0, MOST_ROWS).map(({ host }) => host);
  return `${names.join(', ')}${nodes.length > MOST_ROWS ? ` and ${nodes.length - MOST_ROWS} more` : ''}`;
}

/** What there is to say of each, and every saying once. */
function leaseLine(nodes: readonly DrawnNode[]): string {
  const saying = (node: DrawnNode) => (node.running && node.lease !== undefined ? null : node.remark) ?? ofLease(node);
  return [...new Set(nodes.map(saying))].join(', ');
}

function ofLease({ lease }: DrawnNode): string {
  return lease === undefined ? 'no lease known' : `lease for ${lease.publicIp}`;
}
