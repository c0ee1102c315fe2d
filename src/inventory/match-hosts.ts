import { FixError } from '../core/error.js';
import { matchInTime, SLOW_PATTERN_HINT, SlowPattern } from '../core/match-deadline.js';
import { nearest } from '../core/nearest.js';
import { readText } from '../core/read-text.js';
import { printableLine } from '../core/text.js';
import { parseAddress } from './address.js';
import { nameTest } from './glob.js';
import type { Inventory, InventoryHost } from './inventory.js';

/**
 * The hosts that a pattern names, part by part, each once; within a part in the order of its group.
 *
 * Parts are separated by `,` (or by `:`): a host, a group, a glob or `~regex` over both, any of them with a subscript
 * `[0]`, `[-1]` or `[1:3]` (both ends included). Parts with `&` keep only their hosts, parts with `!` take them out,
 * and with nothing but those the rest is `all`.
 *
 * @param pattern also as a list of patterns, which count as one
 * @param onUnknown called with each part that matches nothing, without its `&` or `!`; else it is passed over
 * @throws FixError `inventory/unknown-host` for a regular expression that cannot be read
 * @see ansible-core 2.14 `inventory/manager.py`
 */
export function matchHosts(
  inventory: Inventory,
  pattern: string | readonly string[],
  onUnknown: (part: string) => void = () => {},
): InventoryHost[] {
  return evaluate(inventory, [pattern].flat().flatMap(splitPattern), onUnknown);
}

/**
 * Those of the hosts that `--limit` names too. A part may be `@file`, a list of patterns, one on a line.
 *
 * @throws FixError `inventory/unknown-host` for a part that matches nothing in the inventory, naming what is close;
 *   `file/missing` for a list that cannot be read
 */
export function limitHosts(inventory: Inventory, hosts: readonly InventoryHost[], limit: string): InventoryHost[] {
  const parts = splitPattern(limit).flatMap((part) => (part.startsWith('@') ? listedIn(part.slice(1)) : [part]));
  const wanted = evaluate(inventory, parts, (part) => {
    throw unknownHost(inventory, part);
  });
  const names = new Set(wanted.map((host) => host.name));
  return hosts.filter((host) => names.has(host.name));
}

/** Why a part of a pattern matches nothing, with the names that are close. */
export function unknownHost(inventory: Inventory, part: string): FixError {
  const name = part.replace(/^[!&]/, '');
  const near = nearest(name, [...inventory.groups.keys(), ...inventory.hosts.keys()]).map((found) =>
    printableLine(found),
  );
  const few = [...inventory.hosts.keys()].slice(0, 5).map((found) => printableLine(found));
  const listed =
    few.length === 0
      ? 'The inventory has no hosts.'
      : `Known are ${few.join(', ')}${inventory.hosts.size > 5 ? ' and others' : ''}.`;
  return new FixError('inventory/unknown-host', `no host or group of the inventory is ${printableLine(name, 100)}`, {
    hint: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : listed,
    at: inventory.path,
  });
}

function listedIn(file: string): string[] {
  const lines = readText(file, 'the list of hosts').split('\n');
  return lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
}

/** Commas separate; without one a text that is no host identifier is split at its colons. */
function splitPattern(pattern: string): string[] {
  const parts = pattern.includes(',')
    ? pattern.split(',')
    : parseAddress(pattern)
      ? [pattern]
      : (pattern.match(/(?:[^\s:[\]]|\[[^\]]*\])+/g) ?? []);
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

function evaluate(inventory: Inventory, parts: readonly string[], onUnknown: (part: string) => void): InventoryHost[] {
  const kinds = { '&': [] as string[], '!': [] as string[], plain: [] as string[] };
  for (const part of parts) kinds[part[0] === '&' || part[0] === '!' ? part[0] : 'plain'].push(part);
  const named = (part: string) => namesOf(inventory, part, () => onUnknown(part));
  let names = new Set((kinds.plain.length > 0 ? kinds.plain : ['all']).flatMap(named));
  for (const part of kinds['&']) {
    const kept = new Set(named(part.slice(1)));
    names = new Set([...names].filter((name) => kept.has(name)));
  }
  for (const part of kinds['!']) for (const name of named(part.slice(1))) names.delete(name);
  return [...names].map((name) => inventory.hosts.get(name) as InventoryHost);
}

function namesOf(inventory: Inventory, part: string, onUnknown: () => void): readonly string[] {
  if (inventory.hosts.has(part)) return [part];
  const { expression, subscript } = splitSubscript(part);
  const found = [...new Set(matching(inventory, expression, onUnknown))];
  if (!subscript || found.length === 0) return found;
  const { first, last } = subscript;
  if (last !== undefined) return found.slice(first, last === -1 ? undefined : last + 1);
  const name = found.at(first);
  if (name === undefined) onUnknown();
  return name === undefined ? [] : [name];
}

/** Groups first; hosts only where no group has that name, or where the expression is a glob or regular expression. */
function matching(inventory: Inventory, expression: string, onUnknown: () => void): string[] {
  const groups = namesThatMatch(expression, [...inventory.groups.keys()]);
  const names = groups.flatMap((name) => inventory.groups.get(name)?.hosts ?? []);
  if (groups.length === 0 || expression.startsWith('~') || /[.?*[]/.test(expression)) {
    for (const name of namesThatMatch(expression, [...inventory.hosts.keys()])) names.push(name);
  }
  if (names.length === 0 && groups.length === 0) onUnknown();
  return names;
}

/** @throws FixError `inventory/unknown-host` for a pattern that cannot be read or takes too long */
function namesThatMatch(expression: string, names: readonly string[]): string[] {
  const test = nameTest(expression);
  const length = names.reduce((sum, name) => sum + name.length, 0);
  try {
    return matchInTime(test, length, () => names.filter((name) => test.test(name)));
  } catch (thrown) {
    if (!(thrown instanceof SlowPattern)) throw thrown;
    throw new FixError('inventory/unknown-host', printableLine(thrown.message), {
      hint: SLOW_PATTERN_HINT,
      cause: thrown,
    });
  }
}

interface Subscript {
  readonly first: number;
  /** The last position, included; -1 for the end; undefined where one position alone is asked for. */
  readonly last: number | undefined;
}

function splitSubscript(part: string): { expression: string; subscript?: Subscript } {
  const match = part.startsWith('~') ? null : /^(.+)\[(?:(-?[0-9]+)|([0-9]+)[:-]([0-9]*))\]$/s.exec(part);
  if (!match) return { expression: part };
  const [, expression = '', index, start, end] = match;
  if (index !== undefined) return { expression, subscript: { first: Number(index), last: undefined } };
  // As in Ansible, `[3:0]` is the one host at 3.
  const last = end === '' ? -1 : Number(end);
  return { expression, subscript: { first: Number(start), last: last === 0 ? undefined : last } };
}
