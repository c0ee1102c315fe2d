import { valueIfPresent } from '../core/reading.js';
import { cidrText, prefixBits } from '../flannel/address.js';
import { type Choice, chooseInterfaces } from '../flannel/choose-interface.js';
import type { FlannelNode } from '../flannel/node.js';
import type { Check } from './check.js';
import { type Cluster, type ClusterView, viewOf } from './cluster.js';
import { type Diagnosis, diagnoseView, weight } from './diagnose.js';
import { CAUSE, type Finding } from './finding.js';
import { kubeFindings } from './kube-checks.js';

/**
 * Checks that have nothing to look at where the leases are in the Kubernetes API: they have no end there, live as long
 * as their nodes, and no etcd is asked.
 */
export const NOT_FOR_KUBERNETES: ReadonlyMap<string, string> = new Map([
  ['FF103', 'a lease in the Kubernetes API lives as long as its node'],
  ['FF105', 'a lease in the Kubernetes API has no end'],
  ['FF501', 'flannel uses the Kubernetes API, and no etcd of its own'],
]);

/**
 * Diagnoses a cluster whose flannel keeps its leases in the Kubernetes API. What is found is said in that cluster's
 * terms, and what mends it is advice for its DaemonSet and its nodes: nothing in the API is touched.
 */
export function diagnoseKubernetes(cluster: Cluster, checks: readonly Check[]): Diagnosis {
  const view = viewOf(cluster);
  const fitting = checks.filter(({ id }) => !NOT_FOR_KUBERNETES.has(id));
  const { findings, notEvaluated } = diagnoseView(view, fitting);
  const wanted = new Set(fitting.map(({ id }) => id));
  const own = kubeFindings(view, findings).filter(({ id }) => wanted.has(id));
  let advised: string | undefined;
  const iface = () => {
    advised ??= ifaceAdvice(view);
    return advised;
  };
  return {
    findings: [...findings, ...own]
      .map((finding) => inKubeTerms(finding, view, iface))
      .sort((one, other) => weight(one) - weight(other)),
    notEvaluated,
  };
}

function inKubeTerms(finding: Finding, view: ClusterView, iface: () => string): Finding {
  return {
    ...finding,
    summary: inApiWords(finding.summary, finding),
    evidence: evidenceOf(finding, view),
    mend: mendOf(finding, iface) ?? finding.mend,
  };
}

/** The checks speak of etcd, where almost all leases are. */
function inApiWords(text: string, { hosts }: Finding): string {
  const words = text
    .replace(/^below subnets\/ in etcd: /, 'nodes without a lease: ')
    .replaceAll('which etcd leases to', 'which the Kubernetes API gives to')
    .replaceAll('what etcd leases to', 'what the Kubernetes API gives to')
    .replaceAll('no -iface in its unit', "no --iface on flanneld's command line");
  return hosts.includes('etcd') ? words : words.replace(/^etcd: /, 'Kubernetes API: ');
}

function evidenceOf(finding: Finding, view: ClusterView): string[] {
  const lines = finding.evidence
    .filter((line) => !line.startsWith('etcd: one lease for '))
    .map((line) => inApiWords(line, finding));
  return finding.id === 'FF101' ? [...lines, ...annotationLines(finding, view)] : lines;
}

/** The annotations under which peers know the nodes of a shared address. */
function annotationLines({ hosts, evidence }: Finding, view: ClusterView): string[] {
  if (evidence.some((line) => line.startsWith('Kubernetes API: '))) return [];
  const named = new Set(hosts);
  const addresses = [...view.publishers].filter(([, nodes]) => nodes.some(({ host }) => named.has(host)));
  return addresses.flatMap(([address]) => {
    const leases = view.leasesTo.get(address) ?? [];
    return leases.length === 0 ? [] : [`Kubernetes API: ${leases.length} nodes have public-ip ${address}`];
  });
}

const RESTART_PODS =
  "delete flannel's pod on these nodes, so that the DaemonSet starts it again (kubectl -n kube-flannel delete pod)";
const ROLL_OUT = 'kubectl -n kube-flannel rollout restart daemonset kube-flannel-ds';
const OVERWRITE = 'flannel.alpha.coreos.com/public-ip-overwrite=ADDRESS';

function mendOf({ id, cause }: Finding, iface: () => string): string | undefined {
  switch (id) {
    case 'FF101':
      if (cause === CAUSE.publicIp) return `take --public-ip off the DaemonSet's arguments; then ${ROLL_OUT}`;
      return `${iface()}; then ${ROLL_OUT}`;
    case 'FF201':
    case 'FF202':
      return iface();
    case 'FF102':
      return `see that each node has a podCIDR of its own (kubectl get nodes -o custom-columns=NAME:.metadata.name,CIDR:.spec.podCIDR); then ${RESTART_PODS}`;
    case 'FF104':
      return "let net-conf.json's Network and the controller manager's --cluster-cidr agree; give a node another podCIDR by making it anew";
    case 'FF107':
      return cause === CAUSE.duplicateMac
        ? `give each node a machine id of its own, delete the flannel device on all but one of them, and ${RESTART_PODS}`
        : undefined;
    case 'FF203':
    case 'FF301':
    case 'FF303':
    case 'FF304':
      return RESTART_PODS;
    default:
      return undefined;
  }
}

/** What to put on the DaemonSet's command line, which is one for all nodes, and an annotation for a single one. */
function ifaceAdvice(view: ClusterView): string {
  const flag = flagFor(view.cluster.nodes);
  const single = `or, for single nodes, kubectl annotate node NODE ${OVERWRITE}`;
  return flag === undefined
    ? `give flanneld --iface=NAME, --iface-regex=EXPRESSION or, from 0.18, --iface-can-reach=ADDRESS in the DaemonSet's arguments, ${single}`
    : `give flanneld ${flag} in the DaemonSet's arguments, ${single}`;
}

/** One flag that is right on all nodes, where there is one. */
function flagFor(nodes: readonly FlannelNode[]): string | undefined {
  const choices = [...chooseInterfaces(nodes.map(asIfMended))];
  const chosen = choices.flatMap(([host, choice]) => (choice.kind === 'chosen' ? [{ host, choice }] : []));
  if (chosen.length === 0 || chosen.length < choices.length) return undefined;
  const names = new Set(chosen.map(({ choice }) => choice.argument));
  const [name] = names;
  if (names.size === 1 && name !== undefined && !/^[\d.]+$/.test(name)) return `--iface=${name}`;
  const byHost = new Map(nodes.map((node) => [node.host, node]));
  const prefixes = new Set(chosen.map(({ host, choice }) => commonStart(choice, byHost.get(host))));
  const [prefix] = prefixes;
  return prefixes.size === 1 && prefix !== undefined ? `--iface-regex='^${prefix.replaceAll('.', '\\.')}'` : undefined;
}

/** A run chooses for no node of Kubernetes; advice may say what it would choose. */
function asIfMended(node: FlannelNode): FlannelNode {
  return node.settings === undefined ? node : { ...node, settings: { ...node.settings, kubeSubnetMgr: false } };
}

/** The part of an address that its whole network has in common, up to a dot: `192.168.56.`. */
function commonStart(
  { address, iface }: Extract<Choice, { kind: 'chosen' }>,
  node: FlannelNode | undefined,
): string | undefined {
  const addresses = (node && valueIfPresent(node.readings.addresses)) ?? [];
  const own = addresses.find((one) => one.iface === iface && one.address.toString() === address.toString());
  if (own === undefined) return undefined;
  const octets = Math.floor(prefixBits(own.network) / 8);
  if (octets < 1 || octets > 3) return undefined;
  return `${cidrText(own.network).split('.').slice(0, octets).join('.')}.`;
}
