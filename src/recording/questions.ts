import type { KubernetesSpec } from '../flannel/kubernetes.js';
import { keptValue } from './kept-text.js';
import type { KeptPlace } from './recording.js';

/** A query as JSON data that may be kept, its keys in order: the same question is told by the same text of it. */
export function keptQuery(query: unknown): unknown {
  const text = JSON.stringify(query ?? null, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  return keptValue(JSON.parse(text));
}

/** What a question is found by. @param query as `keptQuery` gave it */
export function questionKey(fact: string, query: unknown): string {
  return `${fact} ${JSON.stringify(keptValue(query))}`;
}

/** What an etcd is found by. */
export function placeKey({ store, endpoints, prefix }: KeptPlace): string {
  return JSON.stringify(keptValue([store, endpoints, prefix]));
}

/** The Kubernetes API as a place. */
export function kubernetesPlace({ kubeconfig, context }: KubernetesSpec): KeptPlace {
  return { store: 'kubernetes', endpoints: [kubeconfig], prefix: context ?? '' };
}
