import { setTimeout as sleep } from 'node:timers/promises';
import type { Daemon } from './daemon.js';
import { goDuration } from './glog.js';
import type { LeaseEvent, LeaseStore, StoredLease } from './lease-store.js';
import { type Subnet, sameSubnet, subnetKey } from './subnet.js';
import { addPeers, removePeer, type VxlanDevice } from './vxlan-device.js';

/** So many go to one run of `ip`. */
const PEERS_AT_ONCE = 500;

const NANOSECONDS_PER_MINUTE = 60_000_000_000n;

/**
 * Keeps routes, ARP and fdb in step with the leases, and renews the node's own, until it is told to stop or its lease
 * is revoked. The device and what is on it stay behind, as with the real one.
 * @returns the exit status: 0, and 1 where 0.20 lost its lease
 */
export async function follow(
  daemon: Daemon,
  store: LeaseStore,
  device: VxlanDevice,
  own: StoredLease,
): Promise<number> {
  const { log, at, legacy, signal } = daemon;
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  log('I', at.watching, 'watching for new subnet leases');
  const peers = new Map<string, StoredLease>();
  const renewal = renewals(daemon, store, own, both);
  const onError = (why: string): void => log('E', 'watch.go:171', `Watch subnets: ${why}`);
  let revoked = false;
  let started = legacy; // only 0.20 says that its iptables rules are in place
  for await (const event of store.watch(both, onError)) {
    revoked = isRevoked(event, own.subnet);
    if (revoked) break;
    const again = ownExpiry(event, own);
    if (again !== undefined) {
      log('I', at.waiting, `Waiting for ${goDuration(renewal.from(again))} to renew lease`);
    }
    if (!started) log('I', 'iptables.go:270', 'bootstrap done');
    started = true;
    await followPeers(daemon, device, peers, event, own.subnet);
  }
  stop.abort();
  if (revoked) log('E', at.revoked, 'Lease has been revoked. Shutting down daemon.');
  else log('I', at.stopping, 'shutdownHandler sent cancel signal...');
  log('I', at.goroutines, 'Waiting for all goroutines to exit');
  if (revoked) log('I', at.stopping, 'Stopping shutdownHandler...');
  log('I', at.exiting, 'Exiting cleanly...');
  return revoked && !legacy ? 1 : 0;
}

/** The time at which the node's own lease ends, where the event tells of it. */
function ownExpiry(event: LeaseEvent, own: StoredLease): bigint | undefined {
  const lease = leasesIn(event).find((one) => sameSubnet(one.subnet, own.subnet));
  return lease && (lease.expiresAt ?? 0n);
}

function isRevoked(event: LeaseEvent, own: Subnet): boolean {
  if (event.kind === 'removed') return sameSubnet(event.subnet, own);
  return event.kind === 'snapshot' && !event.leases.some((lease) => sameSubnet(lease.subnet, own));
}

function leasesIn(event: LeaseEvent): readonly StoredLease[] {
  if (event.kind === 'snapshot') return event.leases;
  return event.kind === 'put' ? [event.lease] : [];
}

async function followPeers(
  { log }: Daemon,
  device: VxlanDevice,
  peers: Map<string, StoredLease>,
  event: LeaseEvent,
  own: Subnet,
): Promise<void> {
  const there = leasesIn(event).filter((lease) => !sameSubnet(lease.subnet, own));
  const kept = new Set(there.map((lease) => subnetKey(lease.subnet)));
  for (const [key, peer] of [...peers]) {
    const gone =
      event.kind === 'snapshot' ? !kept.has(key) : event.kind === 'removed' && key === subnetKey(event.subnet);
    if (!gone) continue;
    peers.delete(key);
    await removePeer(device, peer);
  }
  const added = [];
  for (const lease of there) {
    if (lease.value.backendType !== 'vxlan') {
      log(
        'W',
        'vxlan_network.go:94',
        `ignoring non-vxlan subnet(${subnetKey(lease.subnet)}): type=${lease.value.backendType}`,
      );
      continue;
    }
    peers.set(subnetKey(lease.subnet), lease);
    added.push(lease);
  }
  for (let from = 0; from < added.length; from += PEERS_AT_ONCE) {
    await addPeers(device, added.slice(from, from + PEERS_AT_ONCE)).catch((error: Error) =>
      log('E', 'vxlan_network.go:121', `AddARP failed: ${error.message}`),
    );
  }
}

/** Renews an hour (or what `-subnet-lease-renew-margin` says) before the lease ends; `from` sets the clock anew. */
function renewals(
  { settings, log, at }: Daemon,
  store: LeaseStore,
  own: StoredLease,
  signal: AbortSignal,
): { readonly from: (expiresAt: bigint) => bigint } {
  const margin = BigInt(settings.renewMarginMinutes) * NANOSECONDS_PER_MINUTE;
  let timer = new AbortController();
  const renew = async (delayMs: number, mine: AbortController): Promise<void> => {
    await sleep(Math.max(0, delayMs), undefined, { signal: AbortSignal.any([signal, mine.signal]) });
    try {
      await store.update(own.subnet, own.value, own.expiresAt === undefined);
      log('I', at.waiting, 'Lease renewed');
    } catch (error) {
      log('E', at.waiting, `Error renewing lease (trying again in 1 min): ${String(error)}`);
      await renew(60_000, mine);
    }
  };
  return {
    from(expiresAt) {
      const left = expiresAt - BigInt(Date.now()) * 1_000_000n - margin;
      timer.abort();
      timer = new AbortController();
      // A day in milliseconds fits a timer's 32 bits. A reservation never ends: there is nothing to renew.
      if (expiresAt !== 0n) renew(Number(left / 1_000_000n), timer).catch(() => undefined);
      return left;
    },
  };
}
