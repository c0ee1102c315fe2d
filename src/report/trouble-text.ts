import { printableLine } from '../core/text.js';
import type { Tally } from '../engine/tally.js';
import { hostList } from './host-list.js';
import type { Paint } from './paint.js';
import { wrap } from './wrap.js';

/** What stopped hosts, said once for all the hosts that it stopped, with the next step. */
export function troubleLines(tally: Tally, paint: Paint, width: number): string[] {
  const troubles = [...tally.unreachable, ...tally.failed];
  if (troubles.length === 0) return [];
  const groups = new Map<string, { why: string; hint: string | undefined; hosts: string[] }>();
  for (const [host, { why, hint }] of troubles) {
    const key = JSON.stringify([why, hint]);
    const group = groups.get(key);
    if (group) group.hosts.push(host);
    else groups.set(key, { why, hint, hosts: [host] });
  }
  return [...groups.values()].flatMap(({ why, hint, hosts }) => [
    ...wrap(`${paint('bad', '✗')} ${hostList(hosts)}: ${printableLine(why, 800)}`, width, 4),
    ...(hint ? wrap(`  ${paint('dim', '→')} ${printableLine(hint, 400)}`, width, 4) : []),
  ]);
}
