import { posix } from 'node:path';
import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';
import { jsonObject } from '../flannel/lease-value.js';
import type { RegistrySpec, Tunnel } from '../flannel/registry.js';
import { openV2Client, type V2Client } from './v2-registry.js';
import { openV3Client, type V3Member } from './v3-client.js';
import { below } from './v3-registry.js';

/** What one store says of flannel's configuration. */
export type StoreView =
  | { readonly state: 'config' }
  /** Not under the prefix; `elsewhere` are the prefixes that do hold one, as far as a short look shows. */
  | { readonly state: 'no-config'; readonly elsewhere: readonly string[] }
  /** etcd runs without the v2 API. */
  | { readonly state: 'store-off' }
  | { readonly state: 'error'; readonly error: FixError };

/**
 * Looks in both stores for `<prefix>/config`, whichever of them the specification names.
 * "Key not found" usually means the wrong API or the wrong prefix; this tells which.
 */
export async function whereIsConfig(spec: RegistrySpec, tunnel?: Tunnel): Promise<{ v2: StoreView; v3: StoreView }> {
  const [v2, v3] = await Promise.all([viewOf(() => v2View(spec, tunnel)), viewOf(() => v3View(spec, tunnel))]);
  return { v2, v3 };
}

async function viewOf(look: () => Promise<StoreView>): Promise<StoreView> {
  try {
    return await look();
  } catch (thrown) {
    if (!(thrown instanceof FixError)) throw thrown;
    return thrown.code === 'etcd/store-off' ? { state: 'store-off' } : { state: 'error', error: thrown };
  }
}

async function v2View(spec: RegistrySpec, tunnel: Tunnel | undefined): Promise<StoreView> {
  const client = openV2Client(spec, tunnel);
  try {
    const node = await client.get(posix.join('/', spec.prefix, 'config'), { quorum: 'true' });
    if (node?.value !== undefined) return { state: 'config' };
    return { state: 'no-config', elsewhere: await elsewhere(() => v2Prefixes(client)) };
  } finally {
    client.close();
  }
}

async function v3View(spec: RegistrySpec, tunnel: Tunnel | undefined): Promise<StoreView> {
  const client = openV3Client(spec, tunnel);
  try {
    const key = posix.join(spec.prefix, 'config');
    const [entry] = await client.atMember((member) => member.range({ key }));
    if (entry !== undefined) return { state: 'config' };
    return { state: 'no-config', elsewhere: await elsewhere(() => client.atMember(v3Prefixes)) };
  } finally {
    await client.close();
  }
}

/** A user may have no right to look around; that is not what was asked. */
async function elsewhere(look: () => Promise<string[]>): Promise<readonly string[]> {
  try {
    return (await look()).map((prefix) => printableLine(prefix)).sort();
  } catch (thrown) {
    if (!(thrown instanceof FixError)) throw thrown;
    return [];
  }
}

const MOST_FOLDERS = 20;

/** Two levels deep (`/network`, `/coreos.com/network`), without reading anybody else's data in bulk. */
async function v2Prefixes(client: V2Client): Promise<string[]> {
  const found: string[] = [];
  let folders = ['/'];
  for (let depth = 0; depth <= 2; depth++) {
    const nodes = (await Promise.all(folders.map((folder) => client.get(folder, {})))).map((node) => node?.nodes ?? []);
    for (const [index, children] of nodes.entries()) {
      const config = children.find(({ key, dir }) => !dir && key !== undefined && posix.basename(key) === 'config');
      if (config?.value !== undefined && isFlannels(config.value)) found.push(folders[index] as string);
    }
    const below = nodes.flat().filter(({ dir, key }) => dir === true && key !== undefined);
    folders = below.slice(0, MOST_FOLDERS).map(({ key }) => key as string);
  }
  return found;
}

const MOST_KEYS = 2000;
const MOST_CONFIGS = 10;

/** Kubernetes' own keys, often the bulk of a store, are stepped over. */
async function v3Prefixes(member: V3Member): Promise<string[]> {
  const kubernetes = below('/registry');
  const ranges = [
    { key: '\0', end: Buffer.from(kubernetes.key) },
    { key: kubernetes.end.toString(), end: Buffer.from('\0') },
  ];
  const keys: string[] = [];
  for (const range of ranges) {
    const entries = await member.range({ ...range, keysOnly: true, limit: MOST_KEYS });
    keys.push(...entries.map(({ key }) => key).filter((key) => key.endsWith('/config')));
  }
  const entries = await Promise.all(keys.slice(0, MOST_CONFIGS).map((key) => member.range({ key })));
  return entries.flatMap(([entry]) => (entry && isFlannels(entry.value) ? [posix.dirname(entry.key)] : []));
}

function isFlannels(text: string): boolean {
  try {
    return typeof jsonObject(text, 'it').network === 'string';
  } catch {
    return false;
  }
}
