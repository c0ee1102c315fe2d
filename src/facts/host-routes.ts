import { defineFact } from '../core/fact.js';
import { sh } from '../core/script.js';
import { address4, addressWithPrefix } from '../flannel/address.js';
import type { Route } from '../flannel/host-network.js';
import { needsProgram } from './host-path.js';

/** The main table's IPv4 routes in the kernel's order: flanneld takes the first default route it meets. */
export const hostRoutes = defineFact({
  name: 'host.routes',
  about: 'the IPv4 routes of the host, in the order in which the kernel lists them',
  mostBytes: 8 * 1024 * 1024,
  script: (_query: Record<string, never>) => sh`${needsProgram('ip')}
ip -4 -o route show`,
  parse: (stdout): readonly Route[] => parseRoutes(stdout),
});

/**
 * Reads `ip -4 route show`, with `-o` or without.
 * @throws Error on a line that is no route
 */
export function parseRoutes(text: string): Route[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s+nexthop\b/.test(line))
    .map(routeOf);
}

const TYPES = [
  'unicast',
  'local',
  'broadcast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
  'nat',
  'anycast',
];

function routeOf(line: string): Route {
  const several = /\\\s*nexthop\b/.test(line);
  const words = (line.split('\\')[0] as string).trim().split(/\s+/);
  const type = TYPES.includes(words[0] as string) ? (words.shift() as string) : 'unicast';
  const destination = words.shift() ?? '';
  const after = (word: string) => (words.includes(word) ? words[words.indexOf(word) + 1] : undefined);
  const via = after('via');
  const src = after('src');
  const metric = after('metric') ?? '0';
  if (!/^\d+$/.test(metric)) throw new Error(`unexpected metric: ${JSON.stringify(metric.slice(0, 30))}`);
  return {
    type,
    destination: addressWithPrefix(destination === 'default' ? '0.0.0.0/0' : destination).network,
    via: via !== undefined && /^[\d.]+$/.test(via) ? address4(via) : undefined,
    dev: several ? undefined : after('dev'),
    src: src === undefined ? undefined : address4(src),
    metric: Number(metric),
  };
}
