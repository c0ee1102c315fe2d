import type { OpenLock } from '../flannel/cluster-lock.js';
import { openV2Lock } from './v2-lock.js';
import { openV3Lock } from './v3-lock.js';

/** Opens a cluster's lock in the store that keeps its leases. @throws FixError `etcd/unreachable`: no endpoint */
export const openLock: OpenLock = (spec, tunnel) =>
  spec.store === 'v2' ? openV2Lock(spec, tunnel) : openV3Lock(spec, tunnel);
