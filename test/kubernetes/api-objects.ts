/**
 * Answers of an API server, written by hand after those of Kubernetes 1.29 with flannel 0.25: no real API server was
 * to be had. What flannel does not look at stands for all the rest that a node carries.
 */
export interface NodeIs {
  readonly name: string;
  readonly podCidr?: string;
  readonly podCidrs?: unknown;
  /** Behind `flannel.alpha.coreos.com/`; `undefined` leaves one out that is there otherwise. */
  readonly annotations?: Readonly<Record<string, unknown>>;
}

const PREFIX = 'flannel.alpha.coreos.com/';

export function apiNode({ name, podCidr = '10.244.0.0/24', podCidrs = [podCidr], annotations = {} }: NodeIs) {
  const own = {
    'backend-data': JSON.stringify({ VNI: 1, VtepMAC: macOf(name) }),
    'backend-type': 'vxlan',
    'kube-subnet-manager': 'true',
    'public-ip': '10.0.2.15',
    ...annotations,
  };
  const prefixed = Object.entries(own).flatMap(([key, value]) => (value === undefined ? [] : [[PREFIX + key, value]]));
  return {
    metadata: {
      name,
      uid: '0d8b6c3e-6a4a-4e0c-9a39-2f5a3c1d7b10',
      resourceVersion: '184467',
      creationTimestamp: '2026-03-02T08:11:54Z',
      labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' },
      annotations: {
        ...Object.fromEntries(prefixed),
        'kubeadm.alpha.kubernetes.io/cri-socket': 'unix:///var/run/containerd/containerd.sock',
        'node.alpha.kubernetes.io/ttl': '0',
      },
      managedFields: [{ manager: 'flanneld', operation: 'Update', apiVersion: 'v1', subresource: 'status' }],
    },
    spec: { podCIDR: podCidr, podCIDRs: podCidrs },
    status: {
      addresses: [
        { type: 'InternalIP', address: '10.0.2.15' },
        { type: 'Hostname', address: name },
      ],
      conditions: [
        { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
      ],
      images: [{ names: ['flannel/flannel:v0.25.1'], sizeBytes: 29700000 }],
      nodeInfo: { kubeletVersion: 'v1.29.4', operatingSystem: 'linux', architecture: 'amd64' },
    },
  };
}

/** A MAC of its own for each name, as `macFor` of the made-up hosts. */
function macOf(name: string): string {
  const bytes = Buffer.from(name.padStart(6, '_').slice(-6));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** Three nodes under VirtualBox, before: every one is known to its peers by the address that all have. */
export const SHARED = [1, 2, 3].map((n) => apiNode({ name: `node${n}`, podCidr: `10.244.${n}.0/24` }));

/** The same with `--iface=eth1` in the DaemonSet. */
export const FIXED = [1, 2, 3].map((n) =>
  apiNode({ name: `node${n}`, podCidr: `10.244.${n}.0/24`, annotations: { 'public-ip': `192.168.56.1${n}` } }),
);

export function nodeList(items: readonly unknown[], more: Readonly<Record<string, unknown>> = {}) {
  return { kind: 'NodeList', apiVersion: 'v1', metadata: { resourceVersion: '190001', ...more }, items };
}

export const NET_CONF =
  '{\n  "Network": "10.244.0.0/16",\n  "EnableNFTables": false,\n  "Backend": {\n    "Type": "vxlan"\n  }\n}\n';

export function configMap(netConf: unknown = NET_CONF) {
  return {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { name: 'kube-flannel-cfg', namespace: 'kube-flannel' },
    data: { 'cni-conf.json': '{"name":"cbr0","cniVersion":"0.3.1","plugins":[]}', 'net-conf.json': netConf },
  };
}

/** What the API says where it says no. */
export function apiStatus(code: number, message: string) {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code };
}
