import { badLease } from './bad-lease.js';
import { bootOrder } from './boot-order.js';
import type { Check } from './check.js';
import { containerBridge } from './container-bridge.js';
import { deadLease } from './dead-lease.js';
import { duplicateIdentity } from './duplicate-identity.js';
import { etcdHealthCheck } from './etcd-health.js';
import { flannelDevice } from './flannel-device.js';
import { gatewayAmbiguity } from './gateway-ambiguity.js';
import { guardLeft } from './guard-left.js';
import { ifaceMissing } from './iface-missing.js';
import { leaseOfNode } from './lease-of-node.js';
import { leaseRenewal } from './lease-renewal.js';
import { mixedFlannel } from './mixed-flannel.js';
import { mtu } from './mtu.js';
import { networkOverlap } from './network-overlap.js';
import { overlayLoss } from './overlay-loss.js';
import { peerRoutes } from './peer-routes.js';
import { poolUse } from './pool-use.js';
import { sharedAddress } from './shared-address.js';
import { sharedSubnet } from './shared-subnet.js';
import { udpFilter } from './udp-filter.js';
import { commandDrift, daemonReload, ifaceInForce, notRunning } from './unit-checks.js';

/** Every check, roots before what follows from them. */
export const checks: readonly Check[] = [
  sharedAddress,
  sharedSubnet,
  duplicateIdentity,
  deadLease,
  badLease,
  leaseRenewal,
  poolUse,
  gatewayAmbiguity,
  ifaceMissing,
  ifaceInForce,
  daemonReload,
  commandDrift,
  bootOrder,
  notRunning,
  leaseOfNode,
  containerBridge,
  flannelDevice,
  peerRoutes,
  etcdHealthCheck,
  mixedFlannel,
  udpFilter,
  overlayLoss,
  mtu,
  networkOverlap,
  guardLeft,
];
