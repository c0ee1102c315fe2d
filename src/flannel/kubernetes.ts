import type { Registry } from './registry.js';

/** How the API server of a cluster is reached whose flannel keeps its leases there (`--kube-subnet-mgr`). */
export interface KubernetesSpec {
  /** Path of the kubeconfig on the controller. */
  readonly kubeconfig: string;
  /** The context of it; `undefined` is the one that it calls current. */
  readonly context: string | undefined;
  /** For one call. */
  readonly deadlineMs: number;
}

/** Opens the API as a registry that is only read: `deleteLease` throws. */
export type OpenKubernetes = (spec: KubernetesSpec) => Registry;
