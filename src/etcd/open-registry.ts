import type { OpenRegistry } from '../flannel/registry.js';
import { openV2Registry } from './v2-registry.js';
import { openV3Registry } from './v3-registry.js';

/** Opens flannel's part of etcd in the store that the specification names. */
export const openRegistry: OpenRegistry = (spec, tunnel) =>
  spec.store === 'v2' ? openV2Registry(spec, tunnel) : openV3Registry(spec, tunnel);
