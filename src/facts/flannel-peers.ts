import { defineFact } from '../core/fact.js';
import { joinScripts, scriptAsWritten } from '../core/script.js';
import { address4 } from '../flannel/address.js';
import type { FdbEntry, Neighbour, Peers } from '../flannel/host-network.js';
import { needsProgram } from './host-path.js';

/** What flannel's devices know of the peers: forwarding entries and static neighbours. Routes are in `host.routes`. */
export const flannelPeers = defineFact({
  name: 'flannel.peers',
  about: "forwarding and neighbour entries of flannel's devices",
  mostBytes: 8 * 1024 * 1024,
  script: (_query: Record<string, never>) => joinScripts([needsProgram('ip'), SHOW_PEERS]),
  parse: (stdout): Peers => parsePeers(stdout),
});

const SHOW_PEERS = scriptAsWritten(`
bridge=
command -v bridge >/dev/null 2>&1 && bridge=yes
if ip -4 neigh show >/dev/null 2>&1; then echo neighbours known; fi
[ -n "$bridge" ] && echo fdb known
for name in $(ip -o link show | sed -n 's/^[0-9]*: \\(flannel[.0-9][0-9]*\\)[:@].*/\\1/p'); do
  [ -n "$bridge" ] && bridge fdb show dev "$name" | sed "s/^/fdb $name /"
  ip -4 neigh show dev "$name" 2>/dev/null | sed "s/^/neighbour $name /"
done
exit 0`);

function parsePeers(text: string): Peers {
  const lines = text
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(/\s+/));
  const known = (what: string) => lines.some(([name, word]) => name === what && word === 'known');
  return {
    fdb: known('fdb')
      ? lines.filter(([name, word]) => name === 'fdb' && word !== 'known').flatMap(fdbEntry)
      : undefined,
    neighbours: known('neighbours') ? lines.filter(([name]) => name === 'neighbour').flatMap(neighbour) : undefined,
  };
}

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;

function fdbEntry([, device, mac, ...rest]: readonly string[]): FdbEntry[] {
  const dst = rest[rest.indexOf('dst') + 1];
  // An entry without a destination is the kernel's own; one of IPv6 is another overlay's.
  if (!rest.includes('dst') || dst === undefined || dst.includes(':')) return [];
  if (device === undefined || mac === undefined || !MAC.test(mac)) throw new Error('unexpected line from bridge fdb');
  return [{ device, mac: mac.toLowerCase(), dst: address4(dst) }];
}

function neighbour([, device, address, ...rest]: readonly string[]): Neighbour[] {
  const mac = rest[rest.indexOf('lladdr') + 1];
  if (device === undefined || address === undefined) throw new Error('unexpected line from ip neigh');
  return rest.includes('lladdr') && mac !== undefined && MAC.test(mac)
    ? [{ device, address: address4(address), mac: mac.toLowerCase() }]
    : [];
}
