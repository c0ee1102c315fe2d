import { describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { present } from '../../src/core/reading.js';
import { addressWithPrefix } from '../../src/flannel/address.js';
import type { FlannelNode } from '../../src/flannel/node.js';
import { kubernetesRegistry } from '../../src/kubernetes/kubernetes-registry.js';
import type { KubernetesNode } from '../../src/kubernetes/node-leases.js';
import { flannelDiagnose } from '../../src/modules/flannel-diagnose.js';
import { flannelHealth } from '../../src/modules/flannel-health.js';
import { makeNode, type NodeIs } from '../diagnose/make-cluster.js';
import { apiNode, FIXED, NET_CONF, SHARED } from '../kubernetes/api-objects.js';
import { type Fleet, planFleet } from './fake-fleet.js';

/** A host whose flanneld runs in a pod of a DaemonSet, as its facts would be; no cluster was to be had. */
function podNode(n: number, change: Partial<NodeIs> & { readonly flags?: string } = {}): FlannelNode {
  const { flags = '', ...is } = change;
  const held = `10.244.${n}.0/24`;
  const { network } = addressWithPrefix(held);
  return makeNode({
    host: `node${n}`,
    addresses: ['eth0 10.0.2.15/24', `eth1 192.168.56.1${n}/24`],
    unit: 'none',
    version: 'v0.25.1',
    held,
    bridge: `cni0 10.244.${n}.1/24`,
    machineId: String(n).repeat(32),
    routes: [1, 2, 3].filter((peer) => peer !== n).map((peer) => `10.244.${peer}.0/24`),
    ...is,
    readings: {
      process: present({
        pid: 24817,
        argv: ['/opt/bin/flanneld', '--ip-masq', '--kube-subnet-mgr', ...flags.split(' ').filter(Boolean)],
        environment: {},
        container: true,
        unit: undefined,
        ageSeconds: 3600,
        others: [],
      }),
      subnetEnv: present({
        network: addressWithPrefix('10.244.0.0/16').network,
        subnet: network,
        address: addressWithPrefix(`10.244.${n}.1/24`).address,
        mtuBytes: 1450,
        ipMasq: true,
        form: 'flannel' as const,
      }),
      ...is.readings,
    },
  });
}

const podNodes = (flags = '') => [1, 2, 3].map((n) => podNode(n, { flags }));
const VARS = { flannel_kubeconfig: '/etc/kube.conf' };

function kubernetesNode({ metadata, spec }: (typeof SHARED)[number]): KubernetesNode {
  return {
    name: metadata.name,
    podCidrs: spec.podCIDRs as string[],
    annotations: metadata.annotations as Record<string, string>,
    resourceVersion: metadata.resourceVersion,
  };
}

function apiOf(
  nodes: readonly (typeof SHARED)[number][],
  netConf: string | undefined = NET_CONF,
): Pick<Fleet, 'openKubernetes'> {
  return {
    openKubernetes: () =>
      kubernetesRegistry({
        nodes: async () => nodes.map(kubernetesNode),
        networkConfig: async () => netConf,
        close: () => {},
      }),
  };
}

const SKIP = { skip: ['FF401', 'FF402', 'FF403'] };
const check = (fleet: Fleet, skip = SKIP) => planFleet(flannelHealth, skip, { vars: VARS, ...fleet });

describe('flannel_health where flannel keeps its leases in the Kubernetes API', () => {
  test('every node publishes 10.0.2.15: one fault, its annotations, and advice for the DaemonSet', async () => {
    const { findings = [], sites = [] } = await check({ nodes: podNodes(), ...apiOf(SHARED) });
    expect(findings.map(({ id }) => id)).toEqual(['FF101']);
    const [fault] = findings;
    expect(fault?.hosts).toEqual(['node1', 'node2', 'node3']);
    expect(fault?.cause).toBe('gateway-interface ambiguity');
    expect(fault?.evidence.at(-1)).toBe('Kubernetes API: 3 nodes have public-ip 10.0.2.15');
    expect(fault?.evidence.join('\n')).not.toContain('etcd');
    expect(fault?.mend).toContain('give flanneld --iface=eth1 in the DaemonSet');
    expect(fault?.mend).toContain('flannel.alpha.coreos.com/public-ip-overwrite=ADDRESS');
    expect(sites.map(({ picture }) => [picture.name, picture.store, picture.leasesInAll])).toEqual([
      ['Kubernetes API', 'kubernetes', 3],
    ]);
  });

  test('interfaces of different names: an expression that fits their addresses', async () => {
    const nodes = podNodes().map((node, index) =>
      index === 0 ? podNode(1, { addresses: ['eth0 10.0.2.15/24', 'ens8 192.168.56.11/24'] }) : node,
    );
    const { findings = [] } = await check({ nodes, ...apiOf(SHARED) });
    expect(findings[0]?.mend).toContain("--iface-regex='^192\\.168\\.56\\.'");
  });

  test('a sound cluster: nothing found, nothing left out, no unit missed', async () => {
    const { findings, notEvaluated, outcomes } = await check({ nodes: podNodes('--iface=eth1'), ...apiOf(FIXED) });
    expect(findings).toEqual([]);
    // What only a check reads of hosts is not in this made-up fleet.
    expect((notEvaluated ?? []).map(({ id }) => id)).toEqual(['FF206']);
    expect([...outcomes.values()].every(({ kind }) => kind === 'unchanged')).toBe(true);
  });

  test('an order by annotation makes a shared address distinct', async () => {
    const ordered = SHARED.map((_, index) =>
      apiNode({
        name: `node${index + 1}`,
        podCidr: `10.244.${index + 1}.0/24`,
        annotations: { 'public-ip': `192.168.56.1${index + 1}`, 'public-ip-overwrite': `192.168.56.1${index + 1}` },
      }),
    );
    const { findings = [] } = await check({ nodes: podNodes(), ...apiOf(ordered) });
    expect(findings.filter(({ id }) => id === 'FF101' || id === 'FF201' || id === 'FF301')).toEqual([]);
  });

  test('an order that flanneld has not read yet', async () => {
    const [first, ...rest] = FIXED;
    const waiting = apiNode({
      name: 'node1',
      podCidr: '10.244.1.0/24',
      annotations: { 'public-ip': '192.168.56.11', 'public-ip-overwrite': '203.0.113.7' },
    });
    const { findings = [] } = await check({ nodes: podNodes('--iface=eth1'), ...apiOf([waiting, ...rest]) });
    expect(first).toBeDefined();
    expect(findings.map(({ id, hosts }) => `${id} ${hosts}`)).toEqual(['FF203 node1']);
    expect(findings[0]?.mend).toContain("delete flannel's pod");
  });

  test('the annotation is another one than flanneld works with', async () => {
    const stale = apiNode({ name: 'node2', podCidr: '10.244.2.0/24' });
    const { findings = [] } = await check({
      nodes: podNodes('--iface=eth1'),
      ...apiOf([FIXED[0], stale, FIXED[2]].filter((node) => node !== undefined)),
    });
    const fault = findings.find(({ id }) => id === 'FF301');
    expect(fault?.summary).toBe(
      'node2: holds 10.244.2.0/24, which the Kubernetes API gives to 10.0.2.15 and not to 192.168.56.12',
    );
  });

  test('nodes that the inventory lacks share an address: told by their annotations', async () => {
    const others = [4, 5].map((n) => apiNode({ name: `node${n}`, podCidr: `10.244.${n}.0/24` }));
    const { findings = [] } = await check({ nodes: podNodes('--iface=eth1'), ...apiOf([...FIXED, ...others]) });
    const fault = findings.find(({ id }) => id === 'FF101');
    expect(fault?.summary).toBe('node4, node5: the Kubernetes API has public-ip 10.0.2.15 for all of these nodes');
    expect(fault?.hosts).toEqual([]);
    expect(findings.some(({ id }) => id === 'FF103' || id === 'FF105' || id === 'FF501')).toBe(false);
  });

  test('a node without its pod is missed, and not taken for a host without flannel', async () => {
    const stopped = makeNode({ host: 'node3', addresses: ['eth0 10.0.2.15/24'], unit: 'none', stopped: true });
    expect(stopped.status).toBe('no-flanneld');
    const nodes = [...podNodes('--iface=eth1').slice(0, 2), stopped];
    const { findings = [] } = await check({ nodes, ...apiOf(FIXED) });
    expect(findings.filter(({ id }) => id === 'FF207').map(({ hosts }) => hosts)).toEqual([['node3']]);
    const skipped = await check({ nodes, ...apiOf(FIXED) }, { skip: [...SKIP.skip, 'FF207'] });
    expect(skipped.findings?.some(({ id }) => id === 'FF207')).toBe(false);
  });

  test('a node that flannel could make no lease of', async () => {
    const bare = apiNode({ name: 'node3', podCidr: '10.244.3.0/24', annotations: { 'public-ip': 'x\u001b[31m' } });
    const { findings = [] } = await check({
      nodes: podNodes('--iface=eth1'),
      ...apiOf([FIXED[0], FIXED[1], bare].filter((node) => node !== undefined)),
    });
    const fault = findings.find(({ id }) => id === 'FF104');
    expect(fault?.summary).toBe('nodes without a lease: node/node3');
    expect(fault?.evidence).toEqual([
      'Kubernetes API: node/node3: public-ip is "x\\u001b[31m", which is no IPv4 address',
    ]);
  });
});

describe('where the API cannot be read, checks of hosts go on', () => {
  const blindTo = (notEvaluated: readonly { id: string; why: string }[] = []) =>
    notEvaluated.filter(({ id }) => id === 'FF301' || id === 'FF304').map(({ why }) => why);

  test('no kubeconfig: not evaluated, with what to give', async () => {
    const { findings = [], notEvaluated } = await planFleet(flannelHealth, SKIP, {
      nodes: podNodes(),
      ...apiOf(SHARED),
    });
    expect(findings.map(({ id }) => id)).toEqual(['FF101']);
    expect(findings[0]?.mend).toContain('--iface=eth1');
    expect(blindTo(notEvaluated)[0]).toBe(
      'the leases were not read: flannel keeps them in the Kubernetes API, and no kubeconfig was given. Give --kubeconfig FILE, or set flannel_kubeconfig.',
    );
  });

  test('a kubeconfig of another cluster', async () => {
    const other = [1, 2, 3].map((n) =>
      apiNode({ name: `prod${n}`, podCidr: `10.244.${n}.0/24`, annotations: { 'backend-data': 'null' } }),
    );
    const { findings = [], notEvaluated } = await check({ nodes: podNodes('--iface=eth1'), ...apiOf(other) });
    expect(findings).toEqual([]);
    expect(blindTo(notEvaluated)[0]).toContain(
      'leads to a cluster of other nodes: it has the nodes prod1, prod2, prod3',
    );
  });

  test('an API server that refuses', async () => {
    const refused = new FixError('kubernetes/refused', 'the API does not allow it (403)', { hint: 'Give it a role.' });
    const openKubernetes = () =>
      kubernetesRegistry({
        nodes: () => Promise.reject(refused),
        networkConfig: async () => undefined,
        close: () => {},
      });
    const { notEvaluated } = await check({ nodes: podNodes(), openKubernetes });
    expect(blindTo(notEvaluated)[0]).toBe('the leases were not read: the API does not allow it (403). Give it a role.');
  });

  test('no config map: leases are compared all the same', async () => {
    const { findings = [] } = await check({ nodes: podNodes(), ...apiOf(SHARED, '') });
    expect(findings.map(({ id }) => id)).toContain('FF101');
  });
});

test('two clusters of one inventory are read with their own contexts', async () => {
  const asked: (string | undefined)[] = [];
  const { sites = [] } = await check({
    nodes: podNodes('--iface=eth1'),
    hostVars: { node3: { flannel_kube_context: 'other' } },
    openKubernetes: (spec) => {
      asked.push(spec.context);
      return apiOf(FIXED).openKubernetes?.(spec) as never;
    },
  });
  expect(asked.sort()).toEqual(['other', undefined]);
  expect(sites.map(({ picture }) => picture.nodes.map(({ host }) => host))).toEqual([['node1', 'node2'], ['node3']]);
});

test('a run refuses such a cluster as before, whatever kubeconfig there is', async () => {
  const planned = await planFleet(flannelDiagnose, {}, { nodes: podNodes(), vars: VARS, ...apiOf(SHARED) });
  expect([...(planned.errors?.keys() ?? [])]).toEqual(['node1', 'node2', 'node3']);
  expect(planned.errors?.get('node1')).toMatchObject({ code: 'flannel/bad-config' });
});
