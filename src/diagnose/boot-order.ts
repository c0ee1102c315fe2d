import type { IPv4 } from 'ip-num';
import { valueIfPresent } from '../core/reading.js';
import { printableLine } from '../core/text.js';
import { lies } from '../flannel/address.js';
import { type BootUnits, bootUnits, startsAfter, startsAtBoot } from '../flannel/boot.js';
import type { FlannelNode } from '../flannel/node.js';
import { blind, defineCheck, found } from './check.js';
import { type ClusterView, grouped } from './cluster.js';
import { CAUSE, type Finding, namedHosts } from './finding.js';

/** FF206: flanneld does not come up at boot, or docker does not wait for the subnet that it takes from flanneld. */
export const bootOrder = defineCheck({
  id: 'FF206',
  title: 'not enabled at boot, or start order against docker',
  severity: 'warn',
  about: 'After the next reboot the node has no overlay, or docker gives its containers addresses of another network.',
  onlyInCheck: true,
  page: {
    reads: [
      "enablement of flanneld's, docker's and the kubelet's unit, what pulls them in, what they start after",
      'the address of docker0',
    ],
    why:
      'A flanneld that was started by hand and never enabled is gone after a reboot; its lease ends a day later and ' +
      'goes to another node. A docker that takes its subnet from flanneld reads it when it starts: without ' +
      'After=flanneld.service it may start first and give its containers 172.17.0.0/16. A unit counts as started at ' +
      'boot where it is enabled, or where a target or a unit that starts at boot pulls it in. Order counts only where ' +
      "docker0 has an address of flannel's network, and is also seen through units between the two.",
    byHand: [
      'systemctl is-enabled flanneld docker',
      'systemctl show -p WantedBy -p RequiredBy flanneld',
      'systemctl show -p After docker | grep -o flanneld.service',
      'ip -o -4 addr show docker0',
    ],
    mend:
      'systemctl enable flanneld. For the order: a drop-in of docker.service with After=flanneld.service and ' +
      'Wants=flanneld.service below [Unit], then systemctl daemon-reload. Neither restarts anything.',
    causes: [CAUSE.notAtBoot, CAUSE.startOrder],
  },
  look(view) {
    const judged = view.nodes.map((node) => ({ host: node.host, ...judgementOf(view, node) }));
    const unknown = grouped(judged, ({ blind: why }) => why);
    return {
      findings: [
        ...findingOf(judged, 'absent', {
          cause: CAUSE.notAtBoot,
          about: 'flanneld does not start at boot',
          mend: "enable flanneld's unit: systemctl enable",
        }),
        ...findingOf(judged, 'order', {
          cause: CAUSE.startOrder,
          about: 'docker takes its subnet from flanneld and does not start after it',
          mend: "a drop-in of docker.service with After= and Wants= flanneld's unit",
        }),
      ],
      notEvaluated: [
        ...blind(
          'FF206',
          view.unread.map(({ host }) => host),
          'the host could not be read',
        ),
        ...[...unknown].flatMap(([why, some]) =>
          blind(
            'FF206',
            some.map(({ host }) => host),
            why,
          ),
        ),
      ],
    };
  },
});

/** What is wrong on a host, a line each, and what could not be told. */
interface Judgement {
  readonly absent?: string;
  readonly order?: string;
  readonly blind?: string;
}

function findingOf(
  judged: readonly (Judgement & { readonly host: string })[],
  what: 'absent' | 'order',
  { cause, about, mend }: { readonly cause: string; readonly about: string; readonly mend: string },
): Finding[] {
  const wrong = judged.filter((one) => one[what] !== undefined);
  if (wrong.length === 0) return [];
  const hosts = wrong.map(({ host }) => host);
  const evidence = wrong.slice(0, 10).map((one) => `${one.host}: ${one[what]}`);
  return [found(bootOrder, { cause, hosts, summary: `${namedHosts(hosts)}: ${about}`, evidence, mend })];
}

function judgementOf(view: ClusterView, node: FlannelNode): Judgement {
  const reading = view.cluster.probes?.hosts.get(node.host)?.boot;
  if (reading === undefined) return { blind: 'how its units start at boot was not read' };
  if (reading.state === 'absent') return { blind: 'the host has no systemd that could tell what starts at boot' };
  if (reading.state === 'unreadable') return { blind: `how its units start at boot could not be read: ${reading.why}` };
  const units = bootUnits(reading.value);
  return { ...ofDocker(view, node, units), ...ofFlanneld(node, units) };
}

/** In Kubernetes it is the kubelet that starts flanneld. */
function ofFlanneld({ unit, store }: FlannelNode, units: BootUnits): Judgement {
  const name = unit?.name ?? (store === 'kubernetes' ? 'kubelet.service' : undefined);
  if (name === undefined) return { blind: 'flanneld runs without a unit of its own' };
  const boot = units.get(name);
  if (boot === undefined) {
    return unit === undefined
      ? { blind: 'flanneld runs in a pod, and there is no kubelet.service' }
      : { absent: `the file of ${name} is gone` };
  }
  const state = boot.unitFileState === '' ? 'of no known state' : printableLine(boot.unitFileState, 40);
  switch (startsAtBoot(boot, units)) {
    case 'yes':
      return {};
    case 'no':
      return { absent: `${name} is ${state}, and nothing that starts at boot pulls it in` };
    default:
      return { blind: `${name} is ${state}, and what starts it cannot be told` };
  }
}

function ofDocker(view: ClusterView, node: FlannelNode, units: BootUnits): Judgement {
  const flanneld = node.unit?.name;
  const docker = units.get('docker.service');
  if (flanneld === undefined || docker === undefined || startsAtBoot(docker, units) === 'no') return {};
  if (startsAfter(docker, flanneld, units)) return {};
  const { bridges } = node.readings;
  if (bridges.state === 'unreadable') return { blind: 'the address of docker0 could not be read' };
  const docker0 = valueIfPresent(bridges)?.find(({ iface }) => iface === 'docker0');
  if (docker0 === undefined || !isOfFlannel(view, node, docker0.address)) return {};
  const boot = units.get(flanneld);
  const reversed = boot !== undefined && startsAfter(boot, 'docker.service', units);
  const order = reversed
    ? `${flanneld} starts after docker.service`
    : `docker.service does not start after ${flanneld}`;
  return { order: `docker0 has ${docker0.address}, and ${order}` };
}

function isOfFlannel(view: ClusterView, node: FlannelNode, address: IPv4): boolean {
  const networks = [view.config?.network, valueIfPresent(node.readings.subnetEnv)?.network, view.heldBy(node)?.subnet];
  return networks.some((network) => network !== undefined && lies(address, network));
}
