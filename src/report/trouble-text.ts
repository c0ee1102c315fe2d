import { printableLine } from '../core/text.js';
import type { Tally } from '../engine/tally.js';
import { hostList } from './host-list.js';
import type { Paint } from './paint.js';
import { wrap } from './wrap.js';

/** What stopped hosts, said once for all the hosts that it stopped, with the next step. */
export function troubleLines(tally: Tally, paint: Paint, width: number): string[] {
  const troubles = [...tally.unreachable, ...tally.failed];
  if (troubles.length === 0) return [];
  const byWhy = new Map<string, { hosts: string[]; hint: string | undefined }>();
  for (const [host, { why, hint }] of troubles) {
    const entry = byWhy.get(why) ?? { hosts: [], hint };
    entry.hosts.push(host);
    byWhy.set(why, entry);
  }
  return [...byWhy].flatMap(([why, { hosts, hint }]) => [
    ...wrap(`${paint('bad', '✗')} ${hostList(hosts)}: ${printableLine(why, 800)}`, width, 4),
    ...(hint ? wrap(`  ${paint('dim', '→')} ${printableLine(hint, 400)}`, width, 4) : []),
  ]);
}
