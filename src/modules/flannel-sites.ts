import { FixError, messageOf } from '../core/error.js';
import { ask } from '../core/fact.js';
import type { Fields } from '../core/module.js';
import { present, type Reading, unreadable, valueIfPresent } from '../core/reading.js';
import { Secret } from '../core/script.js';
import { printableLine } from '../core/text.js';
import { flannelEtcdFiles } from '../facts/flannel-etcd-files.js';
import type { LeaseTable } from '../flannel/lease.js';
import type { NetworkConfig } from '../flannel/network-config.js';
import type { FlannelNode } from '../flannel/node.js';
import type { RegistrySpec, Store } from '../flannel/registry.js';
import type { FleetTools } from './fleet-module.js';

/** The nodes that keep their leases in one place, and what stands there. */
export interface Site {
  readonly nodes: readonly FlannelNode[];
  /** `undefined` where flannel keeps no leases in etcd, or where they are cannot be told. */
  readonly spec: RegistrySpec | undefined;
  /** The host through which etcd was asked, or whose files were used for it. */
  readonly via: string;
  readonly leases: Reading<LeaseTable>;
  readonly config: Reading<NetworkConfig>;
  /** Why the leases could not be read. */
  readonly error: unknown;
}

/** A node with its variables, which override what flanneld's command line says. */
export interface SiteMember {
  readonly node: FlannelNode;
  readonly vars: Fields;
}

/** etcd members that answer late are not waited for longer; the command line sets another time for all. */
const DEADLINE_MS = 5000;
/** Hosts that are tried for their certificates and their road to etcd. */
const MOST_ROADS = 3;

/** Reads the leases of every etcd that the nodes use. Nodes that name one endpoint in common share theirs. */
export function readSites(members: readonly SiteMember[], tools: FleetTools): Promise<Site[]> {
  return Promise.all(sitesOf(members).map((site) => readSite(site, tools)));
}

/** A host that names no endpoints (its unit is masked, say) belongs to the one site that there is. */
function sitesOf(members: readonly SiteMember[]): SiteMember[][] {
  const placed = members.filter((member) => placeOf(member).endpoints.length > 0);
  const sites = placedSites(placed);
  const rest = members.filter((member) => !placed.includes(member));
  if (sites.length !== 1) return [...sites, ...rest.map((member) => [member])];
  return [members.filter((member) => rest.includes(member) || sites[0]?.includes(member))];
}

function placedSites(members: readonly SiteMember[]): SiteMember[][] {
  const sites: { endpoints: Set<string>; members: SiteMember[] }[] = [];
  for (const member of members) {
    const keys = keysOf(member);
    const joined = sites.filter((site) => keys.some((key) => site.endpoints.has(key)));
    const rest = sites.filter((site) => !joined.includes(site));
    const merged = {
      endpoints: new Set([...joined.flatMap((site) => [...site.endpoints]), ...keys]),
      members: [...joined.flatMap((site) => site.members), member],
    };
    sites.splice(0, sites.length, ...rest, merged);
  }
  return sites.map((site) => site.members);
}

/** Members with a key in common keep their leases in one place. */
function keysOf(member: SiteMember): string[] {
  const { node, vars } = member;
  if (node.store === 'kubernetes') {
    return [`kubernetes ${textOf(vars.flannel_kubeconfig) ?? ''} ${textOf(vars.flannel_kube_context) ?? ''}`];
  }
  const { endpoints, prefix } = placeOf(member);
  return endpoints.map((endpoint) => `${prefix} ${endpoint}`);
}

interface Place {
  readonly endpoints: readonly string[];
  readonly prefix: string;
}

function placeOf({ node, vars }: SiteMember): Place {
  return {
    endpoints: listOf(vars.flannel_etcd_endpoints) ?? settingsOf(node)?.etcdEndpoints ?? [],
    prefix: textOf(vars.flannel_etcd_prefix) ?? settingsOf(node)?.etcdPrefix ?? '/coreos.com/network',
  };
}

/** What flanneld will be started with next, so that a certificate that has expired since is found before a restart. */
function settingsOf({ configured, settings }: FlannelNode): FlannelNode['settings'] {
  return configured ?? settings;
}

async function readSite(members: readonly SiteMember[], tools: FleetTools): Promise<Site> {
  const nodes = members.map(({ node }) => node);
  const first = members[0] as SiteMember;
  const nowhere = { nodes, spec: undefined, via: first.node.host };
  if (nodes.every((node) => node.store === 'kubernetes')) {
    return {
      ...nowhere,
      ...failed(new FixError('flannel/bad-config', 'flannel keeps its leases in the Kubernetes API', KUBERNETES)),
    };
  }
  // A host that cannot serve (a file missing, no road) is no reason to give up while another one can.
  let site: Site = {
    ...nowhere,
    ...failed(new FixError('etcd/unreachable', 'no host could be asked for its leases', NO_HOST)),
  };
  for (const member of askable(members)) {
    site = { nodes, via: member.node.host, ...(await readThrough(member, tools)) };
    if (site.leases.state === 'present') break;
  }
  return site;
}

/** Those that can lead to etcd, the ones that name endpoints first. */
function askable(members: readonly SiteMember[]): readonly SiteMember[] {
  const etcd = members.filter(({ node }) => node.store !== 'kubernetes');
  const naming = etcd.filter((member) => placeOf(member).endpoints.length > 0);
  return (naming.length > 0 ? naming : etcd).slice(0, MOST_ROADS);
}

const KUBERNETES = {
  hint: 'See `fix-flannel check --kubeconfig FILE`: it reads them and says what to change; a run mends etcd-backed flannel only.',
};
const NO_HOST = { hint: 'See what is said of the hosts.' };

type Read = Omit<Site, 'nodes' | 'via'>;

async function readThrough(member: SiteMember, tools: FleetTools): Promise<Read> {
  let spec: RegistrySpec | undefined;
  try {
    const stores: readonly Store[] = storesToTry(member);
    for (const store of stores) {
      spec = await specOf(member, store, tools);
      const read = await tools.withRegistry(spec, member.node.host, async (registry) => {
        const config = await registry.config();
        return {
          config,
          leases: config.state === 'present' ? present(await registry.leases()) : unreadable('no config'),
        };
      });
      if (read.config.state === 'unreadable') throw badConfig(spec, read.config.why);
      if (read.config.state === 'present') return { spec, ...read, error: undefined };
    }
    throw await noConfig(spec as RegistrySpec, member, tools);
  } catch (error) {
    return { spec, ...failed(error) };
  }
}

function failed(error: unknown): Pick<Site, 'leases' | 'config' | 'error'> {
  const why = unreadable(messageOf(error));
  return { leases: why, config: why, error };
}

function storesToTry({ node, vars }: SiteMember): readonly Store[] {
  const wish = textOf(vars.flannel_store);
  if (wish !== undefined && wish !== 'v2' && wish !== 'v3') throw wrongStore(`flannel_store is ${printableLine(wish)}`);
  if (wish !== undefined && isStore(node.store) && node.store !== wish) {
    throw wrongStore(
      `flannel_store says ${wish}, but flannel ${node.version?.text} keeps its leases in the ${node.store} store`,
    );
  }
  if (wish !== undefined) return [wish];
  return isStore(node.store) ? [node.store] : ['v2', 'v3'];
}

function isStore(store: FlannelNode['store']): store is Store {
  return store === 'v2' || store === 'v3';
}

function wrongStore(why: string): FixError {
  return new FixError('flannel/bad-config', why, {
    hint: 'Set it to v2 or v3 only where the version of flannel cannot be read.',
  });
}

function badConfig(spec: RegistrySpec, why: string): FixError {
  return new FixError('flannel/bad-config', `${spec.prefix}/config in etcd cannot be read: ${why}`, {
    hint: 'It has to be JSON with a Network, as flannel reads it.',
  });
}

async function noConfig(spec: RegistrySpec, { node }: SiteMember, tools: FleetTools): Promise<FixError> {
  const found = await tools.whereIsConfig(spec, node.host);
  return new FixError('flannel/bad-config', `etcd's ${spec.store} store has no ${spec.prefix}/config; ${found}`, {
    hint: 'Check flannel_etcd_prefix and flannel_store: flannel up to 0.17 keeps its leases in the v2 store, 0.18 and later in v3.',
  });
}

async function specOf({ node, vars }: SiteMember, store: Store, tools: FleetTools): Promise<RegistrySpec> {
  const settings = settingsOf(node);
  const paths = {
    ca: textOf(vars.flannel_etcd_cafile) ?? settings?.etcdCaFile,
    cert: textOf(vars.flannel_etcd_certfile) ?? settings?.etcdCertFile,
    key: textOf(vars.flannel_etcd_keyfile) ?? settings?.etcdKeyFile,
  };
  const password = textOf(vars.flannel_etcd_password) ?? settings?.etcdPassword;
  const place = placeOf({ node, vars });
  if (place.endpoints.length === 0) {
    throw new FixError('flannel/bad-config', "flanneld's command line names no etcd endpoints", {
      hint: 'Set flannel_etcd_endpoints.',
      at: node.host,
    });
  }
  return {
    store,
    ...place,
    tls: await tlsOf(node.host, paths, tools),
    username: textOf(vars.flannel_etcd_username) ?? settings?.etcdUsername,
    ...(password !== undefined && { password: new Secret(password) }),
    deadlineMs: DEADLINE_MS,
  };
}

async function tlsOf(
  host: string,
  paths: Readonly<Record<'ca' | 'cert' | 'key', string | undefined>>,
  tools: FleetTools,
) {
  const named = Object.entries(paths).flatMap(([name, path]) => (path === undefined ? [] : [{ name, path }]));
  if (named.length === 0) return undefined;
  const { files } = await tools.read(host, { files: ask(flannelEtcdFiles, { paths: named.map(({ path }) => path) }) });
  if (files.state !== 'present')
    throw noFile(host, 'the TLS files for etcd', files.state === 'unreadable' ? files.why : 'absent');
  const found = named.map(({ name, path }) => {
    const file = files.value.get(path);
    const text = file && valueIfPresent(file);
    if (text === undefined) throw noFile(host, path, file?.state === 'unreadable' ? file.why : 'there is no such file');
    return [name, text] as const;
  });
  return Object.fromEntries(found);
}

function noFile(host: string, path: string, why: string): FixError {
  return new FixError('etcd/tls', `${host}: ${printableLine(path)} is needed to ask etcd: ${printableLine(why)}`, {
    hint: "It is what flanneld's command line names; flannel_etcd_cafile, _certfile and _keyfile name others.",
    at: host,
  });
}

function textOf(value: unknown): string | undefined {
  if (value instanceof Secret) return value.reveal();
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function listOf(value: unknown): readonly string[] | undefined {
  const list = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value.map(String) : undefined;
  const trimmed = list?.map((item) => item.trim()).filter((item) => item !== '');
  return trimmed && trimmed.length > 0 ? trimmed : undefined;
}
