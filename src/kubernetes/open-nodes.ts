import type { CoreV1Api, V1Node } from '@kubernetes/client-node';
import type { KubernetesSpec } from '../flannel/kubernetes.js';
import { type ServerRoad, serverRoad } from './ask-server.js';
import { readKubeconfig } from './kubeconfig.js';
import type { KubernetesNode } from './node-leases.js';
import { ApiStatus, asKubernetesProblem, kubernetesProblem } from './problem.js';

/** What is read of a cluster in the Kubernetes API. Both only GET. */
export interface KubernetesNodes {
  /** All nodes, in pages. @throws FixError `kubernetes/*`, or for the kubeconfig's files */
  nodes(): Promise<readonly KubernetesNode[]>;
  /** flannel's `net-conf.json`; `undefined` where no config map of flannel has one. @throws FixError as `nodes` */
  networkConfig(): Promise<string | undefined>;
  close(): void;
}

const PAGE = 500;
/** A server may give less than is asked for; one that gives more pages than this has no end. */
const MOST_PAGES = 100;
/** Where flannel's manifests have kept it: since 0.20, and before. */
const CONFIG_NAMESPACES = ['kube-flannel', 'kube-system'];
const CONFIG_MAP = 'kube-flannel-cfg';

/** Opens a cluster; nothing is read, neither file nor network, before it is asked for. */
export function openKubernetes({ kubeconfig, context, deadlineMs }: KubernetesSpec): KubernetesNodes {
  let opened: Promise<OpenApi> | undefined;
  const ask = async <T>(use: (api: CoreV1Api) => Promise<T>): Promise<T> => {
    opened ??= openApi(kubeconfig, context, deadlineMs);
    const { api, server } = await opened;
    try {
      return await use(api);
    } catch (thrown) {
      throw asKubernetesProblem(thrown, server);
    }
  };
  return {
    nodes: () => ask(allNodes),
    networkConfig: () => ask(netConf),
    close: () => void opened?.then(({ road }) => road.close()).catch(() => undefined),
  };
}

interface OpenApi {
  readonly api: CoreV1Api;
  readonly road: ServerRoad;
  readonly server: string;
}

/** The library is large, and most clusters keep their leases in etcd: it is loaded where it is needed. */
async function openApi(kubeconfig: string, context: string | undefined, deadlineMs: number): Promise<OpenApi> {
  const access = readKubeconfig(kubeconfig, context);
  const library = await import('@kubernetes/client-node');
  const road = serverRoad(access, deadlineMs);
  const httpApi = library.wrapHttpLibrary({
    async send(request) {
      const { status, headers, text } = await road.get(request.getUrl());
      const body = { text: async () => text, binary: async () => Buffer.from(text) };
      return new library.ResponseContext(status, headers, body);
    },
  });
  const baseServer = new library.ServerConfiguration(access.server, {});
  const api = new library.CoreV1Api(library.createConfiguration({ baseServer, httpApi, authMethods: {} }));
  return { api, road, server: access.server };
}

async function allNodes(api: CoreV1Api): Promise<readonly KubernetesNode[]> {
  try {
    return await pagesOf(api);
  } catch (thrown) {
    // The list that the pages are cut from has been forgotten meanwhile: begin again, once.
    if (thrown instanceof ApiStatus && thrown.status === 410) return pagesOf(api);
    throw thrown;
  }
}

async function pagesOf(api: CoreV1Api): Promise<readonly KubernetesNode[]> {
  const nodes: KubernetesNode[] = [];
  let next: string | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await api.listNode({ limit: PAGE, ...(next !== undefined && { _continue: next }) });
    const items: unknown = page?.items;
    if (!Array.isArray(items)) throw new Error('it is no list of nodes');
    nodes.push(...(items as V1Node[]).map(nodeOf));
    next = page.metadata?._continue || undefined;
    if (next === undefined) return nodes;
  }
  throw kubernetesProblem('kubernetes/bad-answer', 'the list of nodes in the Kubernetes API does not end');
}

/** The library believes what it is sent: types are looked at here. */
function nodeOf(node: V1Node | null): KubernetesNode {
  const { metadata, spec } = node ?? {};
  const own: unknown = spec?.podCIDRs;
  const podCidrs = Array.isArray(own) && own.length > 0 ? own : [spec?.podCIDR];
  const annotations: unknown = metadata?.annotations;
  return {
    name: textOf(metadata?.name),
    podCidrs: podCidrs.map(textOf).filter((text) => text !== ''),
    annotations: typeof annotations === 'object' && annotations !== null ? (annotations as Record<string, string>) : {},
    resourceVersion: textOf(metadata?.resourceVersion),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

async function netConf(api: CoreV1Api): Promise<string | undefined> {
  let refused: unknown;
  for (const namespace of CONFIG_NAMESPACES) {
    try {
      const { data } = await api.readNamespacedConfigMap({ name: CONFIG_MAP, namespace });
      const text = textOf(data?.['net-conf.json']);
      if (text !== '') return text;
    } catch (thrown) {
      if (!(thrown instanceof ApiStatus) || (thrown.status !== 404 && thrown.status !== 403)) throw thrown;
      // A role mostly allows one of the namespaces alone.
      if (thrown.status === 403) refused ??= thrown;
    }
  }
  if (refused !== undefined) throw refused;
  return undefined;
}
