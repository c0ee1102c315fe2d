import type { EtcdHealth } from '../flannel/probes.js';
import type { RegistrySpec, Tunnel } from '../flannel/registry.js';
import { openRegistry } from './open-registry.js';

/** How each member of an etcd fares. */
export async function etcdHealth(spec: RegistrySpec, tunnel?: Tunnel): Promise<EtcdHealth> {
  const registry = openRegistry(spec, tunnel);
  const quorum = await registry.config().then(
    () => true,
    () => false,
  );
  await registry.close();
  return { members: [], quorum, clientCertificateEnds: undefined, v2: 'unknown' };
}
