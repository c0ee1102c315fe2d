import { FixError, messageOf } from '../core/error.js';
import { absent, present, type Reading, unreadable } from '../core/reading.js';
import type { KubernetesSpec } from '../flannel/kubernetes.js';
import type { LeaseTable } from '../flannel/lease.js';
import type { NetworkConfig } from '../flannel/network-config.js';
import { parseNetworkConfig } from '../flannel/parse-network-config.js';
import type { Registry } from '../flannel/registry.js';
import { nodeLeases, withPodCidrs } from './node-leases.js';
import { type KubernetesNodes, openKubernetes } from './open-nodes.js';

/** A cluster's nodes in the Kubernetes API as flannel's registry. */
export function openKubernetesRegistry(spec: KubernetesSpec): Registry {
  return kubernetesRegistry(openKubernetes(spec));
}

/** The nodes are read once: a later call tells what an earlier one told. */
export function kubernetesRegistry(nodes: KubernetesNodes): Registry {
  let read: Promise<LeaseTable> | undefined;
  const leases = () => {
    read ??= nodes.nodes().then(nodeLeases);
    return read;
  };
  return {
    store: 'kubernetes',
    leases,
    config: async () => configOf(nodes, await leases()),
    deleteLease() {
      return Promise.reject(
        new FixError('flannel/bad-config', 'a lease in the Kubernetes API is its node, and is not deleted', {
          hint: 'Remove a node that is gone with kubectl delete node.',
        }),
      );
    },
    async close() {
      nodes.close();
    },
  };
}

/** A role that may not read the config map leaves the leases readable: only what needs the network goes without. */
async function configOf(nodes: KubernetesNodes, table: LeaseTable): Promise<Reading<NetworkConfig>> {
  try {
    const text = await nodes.networkConfig();
    return text === undefined ? absent : present(withPodCidrs(parseNetworkConfig(text), table));
  } catch (thrown) {
    if (!(thrown instanceof FixError)) throw thrown;
    return unreadable(messageOf(thrown));
  }
}
