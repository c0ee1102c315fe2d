import type { Connection } from '../core/connection.js';
import type { KubernetesSpec, OpenKubernetes } from '../flannel/kubernetes.js';
import type { Registry, RegistrySpec, Tunnel } from '../flannel/registry.js';
import type { World } from './run.js';

/**
 * Opens a registry and closes it again: directly where the controller has a road to one of its endpoints, else
 * through the SSH connection of a host. A loopback endpoint means the host's own, so it always goes through the host.
 */
export async function withRegistry<T>(
  world: Pick<World, 'openRegistry' | 'canReach'>,
  spec: RegistrySpec,
  host: () => Promise<Connection>,
  use: (registry: Registry) => Promise<T>,
): Promise<T> {
  const registry = world.openRegistry(spec, await tunnelFor(world, spec, host));
  try {
    return await use(registry);
  } finally {
    await registry.close();
  }
}

/** The same for the Kubernetes API, to which only the controller itself has a road. */
export async function withKubernetes<T>(
  open: OpenKubernetes,
  spec: KubernetesSpec,
  use: (registry: Registry) => Promise<T>,
): Promise<T> {
  const registry = open(spec);
  try {
    return await use(registry);
  } finally {
    await registry.close();
  }
}

/** A tunnel through the host where the controller has no road of its own, else none. */
export async function tunnelFor(
  world: Pick<World, 'canReach'>,
  spec: RegistrySpec,
  host: () => Promise<Connection>,
): Promise<Tunnel | undefined> {
  if (await hasRoad(world, spec)) return undefined;
  const connection = await host();
  return (to, port) => connection.tunnel(to, port);
}

async function hasRoad(world: Pick<World, 'canReach'>, { endpoints }: RegistrySpec): Promise<boolean> {
  const addresses = endpoints.flatMap((endpoint) => (URL.canParse(endpoint) ? [new URL(endpoint)] : []));
  if (addresses.some(({ hostname }) => /^(127\.|localhost$|\[::1\]$)/.test(hostname))) return false;
  const reached = await Promise.all(
    addresses.map(({ hostname, port, protocol }) =>
      world.canReach(hostname.replace(/^\[|\]$/g, ''), Number(port || (protocol === 'https:' ? 443 : 80))),
    ),
  );
  return reached.includes(true);
}
