import { checked, FlagError, type FlagKind, parseGoFlags } from './go-flags.js';

/** What a stand-in of this version was told: flags over `FLANNELD_*` variables over the defaults. */
export interface Settings {
  readonly etcdEndpoints: readonly string[];
  readonly etcdPrefix: string;
  readonly etcdCaFile: string;
  readonly etcdCertFile: string;
  readonly etcdKeyFile: string;
  readonly etcdUsername: string;
  readonly etcdPassword: string;
  readonly iface: readonly string[];
  readonly ifaceRegex: readonly string[];
  readonly ifaceCanReach: string;
  readonly publicIp: string;
  readonly subnetFile: string;
  readonly renewMarginMinutes: number;
  readonly ipMasq: boolean;
  readonly kubeSubnetMgr: boolean;
  readonly version: boolean;
}

const COMMON: readonly (readonly [string, FlagKind])[] = [
  ['etcd-endpoints', 'text'],
  ['etcd-prefix', 'text'],
  ['etcd-keyfile', 'text'],
  ['etcd-certfile', 'text'],
  ['etcd-cafile', 'text'],
  ['etcd-username', 'text'],
  ['etcd-password', 'text'],
  ['iface', 'list'],
  ['iface-regex', 'list'],
  ['subnet-file', 'text'],
  ['public-ip', 'text'],
  ['subnet-lease-renew-margin', 'int'],
  ['ip-masq', 'bool'],
  ['kube-subnet-mgr', 'bool'],
  ['kube-api-url', 'text'],
  ['kube-annotation-prefix', 'text'],
  ['kubeconfig-file', 'text'],
  ['version', 'bool'],
  ['healthz-ip', 'text'],
  ['healthz-port', 'int'],
  ['iptables-resync', 'int'],
  ['iptables-forward-rules', 'bool'],
  ['net-config-path', 'text'],
  ['v', 'int'],
  ['vmodule', 'text'],
  ['log_backtrace_at', 'text'],
];

const SINCE_0_18: readonly (readonly [string, FlagKind])[] = [
  ['iface-can-reach', 'text'],
  ['public-ipv6', 'text'],
  ['set-node-network-unavailable', 'bool'],
  ['ip-blackhole-route', 'bool'],
];

/**
 * Reads flanneld's command line and environment.
 * An empty variable is ignored, and a list from the environment is one item: it is not split at commas.
 * @param legacy true for the 0.11 kind, which does not know the flags of 0.18
 * @throws FlagError
 * @see flannel `main.go`, `init`; coreos/pkg `flagutil/env.go`, `SetFlagsFromEnv`
 */
export function readSettings(args: readonly string[], env: NodeJS.ProcessEnv, legacy: boolean): Settings {
  const kinds = new Map(legacy ? COMMON : [...COMMON, ...SINCE_0_18]);
  const values = new Map(parseGoFlags(args, kinds).values);
  for (const [name, kind] of kinds) {
    const value = env[`FLANNELD_${name.toUpperCase().replaceAll('-', '_')}`];
    if (values.has(name) || value === undefined || value === '') continue;
    values.set(name, [checkedVariable(name, kind, value)]);
  }
  return settingsFrom(values);
}

function checkedVariable(name: string, kind: FlagKind, value: string): string {
  try {
    return checked(name, kind, value);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new FlagError(`invalid value ${JSON.stringify(value)} for FLANNELD_${name}: ${why}`);
  }
}

function settingsFrom(values: ReadonlyMap<string, readonly string[]>): Settings {
  const text = (name: string, unset = ''): string => values.get(name)?.[0] ?? unset;
  return {
    etcdEndpoints: text('etcd-endpoints', 'http://127.0.0.1:4001,http://127.0.0.1:2379').split(','),
    etcdPrefix: text('etcd-prefix', '/coreos.com/network'),
    etcdCaFile: text('etcd-cafile'),
    etcdCertFile: text('etcd-certfile'),
    etcdKeyFile: text('etcd-keyfile'),
    etcdUsername: text('etcd-username'),
    etcdPassword: text('etcd-password'),
    iface: values.get('iface') ?? [],
    ifaceRegex: values.get('iface-regex') ?? [],
    ifaceCanReach: text('iface-can-reach'),
    publicIp: text('public-ip'),
    subnetFile: text('subnet-file', '/run/flannel/subnet.env'),
    renewMarginMinutes: Number(text('subnet-lease-renew-margin', '60')),
    ipMasq: text('ip-masq') === 'true',
    kubeSubnetMgr: text('kube-subnet-mgr') === 'true',
    version: text('version') === 'true',
  };
}
