import { defineCheck, found } from './check.js';
import { grouped } from './cluster.js';
import { CAUSE, namedHosts } from './finding.js';

/** FF201: nodes that would publish an address they share with others when flanneld starts next. */
export const gatewayAmbiguity = defineCheck({
  id: 'FF201',
  title: 'default-gateway ambiguity',
  severity: 'warn',
  about: 'Without -iface flanneld takes the address of the default route, and other hosts have the same one.',
  page: {
    reads: ["flanneld's unit and the files it names", 'addresses and routes of all hosts'],
    why:
      'The node works today: it was started with other options, or before the others. Its unit names no interface, and ' +
      'the address of its default route is on other hosts too. The next restart or reboot makes it publish that ' +
      'address and join their subnet (FF101, FF102).',
    byHand: [
      'systemctl cat flanneld | grep -n iface',
      'ip -4 route show default',
      '# on each node; the same address twice is the fault',
      'ip -o -4 addr show scope global',
    ],
    mend: "Name each node's own interface with -iface in its unit, systemctl daemon-reload, restart flanneld.",
    task: 'Name the interface',
    causes: [CAUSE.gateway],
  },
  look(view, earlier) {
    const shared = earlier.filter(({ id }) => id === 'FF101');
    const already = new Set(shared.flatMap(({ hosts }) => hosts));
    const atRisk = view.nodes.filter(({ host, next }) => {
      if (already.has(host) || next?.how !== 'default route') return false;
      return (view.owners.get(next.address.toString()) ?? []).length > 1;
    });
    const groups = grouped(atRisk, ({ next }) => next?.address.toString());
    return {
      findings: [...groups].map(([address, nodes]) => {
        const hosts = nodes.map(({ host }) => host);
        const root = shared.find(({ hosts: [first = ''] }) =>
          view.publishers.get(address)?.some(({ host }) => host === first),
        );
        const iface = nodes[0]?.next?.iface;
        return found(gatewayAmbiguity, {
          cause: CAUSE.gateway,
          hosts,
          summary: `${namedHosts(hosts)}: would publish ${address} (${iface}) at the next start, as other hosts have it too`,
          evidence: nodes.slice(0, 10).map(({ host, published }) => {
            const now = published === undefined ? 'flanneld does not run' : `publishes ${published.address} now`;
            return `${host}: no -iface in its unit; ${now}`;
          }),
          mend: "name each node's own interface with -iface",
          because: root?.id,
        });
      }),
      notEvaluated: [],
    };
  },
});
