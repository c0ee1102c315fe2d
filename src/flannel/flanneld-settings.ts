import { type Flag, flagsOf } from './flanneld-flags.js';
import { flanneldSite } from './flanneld-site.js';
import { plainWords } from './flanneld-words.js';
import type { FlanneldCommand, FlanneldSettings } from './unit.js';

/**
 * What a command line and its environment tell flanneld, as Go's flag package and flannel read them: flags first,
 * `FLANNELD_<FLAG>` below them (an empty one is no setting), flannel's defaults last.
 * @param command a unit's command, or the argv and environment of a process; flanneld may also stand inside a
 *   `docker run`, a `sh -c` text or behind a launcher
 * @see flannel `main.go` and `pkg/flagutil/env.go`
 */
export function settingsOf(command: FlanneldCommand): FlanneldSettings {
  const { args, environment } = flanneldIn(command);
  const flags = flagsOf(args).filter((flag) => flag.live);
  const one = (name: string) => last(flags, name) ?? fromEnvironment(environment, name);
  const many = (name: string) => {
    const given = flags.filter((flag) => flag.name === name).map((flag) => flag.value);
    const inherited = fromEnvironment(environment, name);
    return given.length === 0 && inherited !== undefined ? [inherited] : given;
  };
  return {
    iface: many('iface'),
    ifaceRegex: many('iface-regex'),
    ifaceCanReach: one('iface-can-reach') || undefined,
    publicIp: one('public-ip') || undefined,
    etcdEndpoints: (one('etcd-endpoints') ?? DEFAULT_ENDPOINTS)
      .split(',')
      .map((url) => url.trim())
      .filter(Boolean),
    etcdPrefix: one('etcd-prefix') ?? '/coreos.com/network',
    etcdCaFile: one('etcd-cafile') || undefined,
    etcdCertFile: one('etcd-certfile') || undefined,
    etcdKeyFile: one('etcd-keyfile') || undefined,
    etcdUsername: one('etcd-username') || undefined,
    etcdPassword: one('etcd-password') || undefined,
    subnetFile: one('subnet-file') || '/run/flannel/subnet.env',
    kubeSubnetMgr: /^(?:1|t|T|TRUE|true|True)$/.test(one('kube-subnet-mgr') ?? ''),
  };
}

const DEFAULT_ENDPOINTS = 'http://127.0.0.1:4001,http://127.0.0.1:2379';

function flanneldIn({ argv, environment }: FlanneldCommand): {
  args: readonly string[];
  environment: Readonly<Record<string, string>>;
} {
  const site = flanneldSite(plainWords(argv), { variables: new Map(), program: undefined, depth: 0 });
  if (site.kind === 'refuse') return { args: argv.slice(1), environment };
  const args = site.words.slice(1).map((word) => word.text.text);
  return { args, environment: site.inherits ? { ...environment, ...site.environment } : site.environment };
}

function last(flags: readonly Flag[], name: string): string | undefined {
  return flags.filter((flag) => flag.name === name).at(-1)?.value;
}

function fromEnvironment(environment: Readonly<Record<string, string>>, flag: string): string | undefined {
  const name = `FLANNELD_${flag.toUpperCase().replaceAll('-', '_')}`;
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
  return value === '' ? undefined : value;
}
