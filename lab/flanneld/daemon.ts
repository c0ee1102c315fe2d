import { setTimeout as sleep } from 'node:timers/promises';
import { type AcquireOptions, acquireLease } from './acquire-lease.js';
import { etcdHttp } from './etcd-http.js';
import { type ExternalInterface, externalInterface, type LookupLog } from './external-interface.js';
import { follow } from './follow-leases.js';
import type { Log } from './glog.js';
import { readHostNetwork, run } from './ip-command.js';
import type { LeaseStore, StoredLease } from './lease-store.js';
import type { LogSources } from './log-sources.js';
import type { Settings } from './settings.js';
import { type NetworkConfig, parseConfig, type Subnet, subnetText } from './subnet.js';
import { previousSubnet, writeSubnetFile } from './subnet-file.js';
import { v2Store } from './v2-store.js';
import { v3Store } from './v3-store.js';
import { configureDevice, ensureDevice, type VxlanDevice } from './vxlan-device.js';

export interface Daemon {
  readonly settings: Settings;
  /** 0.11 and its like: the v2 store. Otherwise 0.20: the v3 store. */
  readonly legacy: boolean;
  readonly log: Log;
  readonly at: LogSources;
  /** Ends with SIGTERM or SIGINT. */
  readonly signal: AbortSignal;
  readonly pid: number;
}

const CLIENT_WARNING = 'warning: ignoring ServerName for user-provided CA for backwards compatibility is deprecated';

/** A reason to stop with a status of its own; its line has been logged. */
export class Stop extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`stop with ${status}`);
    this.status = status;
  }
}

/**
 * flanneld from its start to its end.
 * @returns the exit status
 * @see flannel v0.11.0 and v0.20.2 `main.go`, `main`
 */
export async function runDaemon(daemon: Daemon): Promise<number> {
  const { legacy, log, at } = daemon;
  const early = legacy ? await chooseInterface(daemon) : undefined;
  const previous = previousSubnet(daemon.settings.subnetFile);
  const store = openStore(daemon);
  log('I', at.created, `Created subnet manager: Etcd Local Manager with Previous Subnet: ${shownPrevious(previous)}`);
  log('I', at.signals, 'Installing signal handlers');
  // etcd's old client library says so wherever it is given a CA of its own.
  if (legacy && daemon.settings.etcdCaFile !== '') process.stderr.write(`${CLIENT_WARNING}\n\n`);
  const config = await waitForConfig(daemon, store);
  const external = early ?? (await chooseInterface(daemon));
  const { device, lease } = await registerNetwork(daemon, store, config, external, previous);
  const subnet = lease.subnet;
  if (!legacy) log('I', 'main.go:364', 'Changing default FORWARD chain policy to ACCEPT');
  writeSubnetFile(daemon.settings.subnetFile, {
    network: config.network,
    subnet,
    mtuBytes: device.mtuBytes,
    ipMasq: daemon.settings.ipMasq,
  });
  log('I', at.wrote, `Wrote subnet file to ${daemon.settings.subnetFile}`);
  log('I', at.running, 'Running backend.');
  await tellReady(daemon.pid);
  return follow(daemon, store, device, lease);
}

function openStore({ settings, legacy, log }: Daemon): LeaseStore {
  const user = { name: settings.etcdUsername, password: settings.etcdPassword };
  try {
    const http = etcdHttp(settings);
    return legacy ? v2Store(http, settings.etcdPrefix) : v3Store(http, settings.etcdPrefix, user);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log('E', 'main.go:241', `Failed to create SubnetManager: ${why}`);
    throw new Stop(1);
  }
}

async function chooseInterface({ settings, log, at }: Daemon): Promise<ExternalInterface> {
  const lines: LookupLog = {
    searching: (address) => log('I', at.searching, `Searching for interface using ${address}`),
    determining: () => log('I', at.determining, 'Determining IP address of default interface'),
    using: (name, address) => log('I', at.using, `Using interface with name ${name} and address ${address}`),
    external: (address) => log('I', at.external, `Using ${address} as external address`),
    defaulting: (address) => log('I', at.defaulting, `Defaulting external address to interface address (${address})`),
    noMatch: (wanted, why) => log('I', at.noMatch, `Could not find valid interface matching ${wanted}: ${why}`),
  };
  const network = await readHostNetwork(settings.ifaceCanReach);
  try {
    return externalInterface(network, settings, lines);
  } catch (error) {
    log('E', at.fatalInterface, error instanceof Error ? error.message : String(error));
    throw new Stop(1);
  }
}

async function waitForConfig({ log, at, signal }: Daemon, store: LeaseStore): Promise<NetworkConfig> {
  for (;;) {
    try {
      const config = parseConfig(await store.config());
      log('I', at.config, `Found network config - Backend type: ${config.backendType}`);
      return config;
    } catch (error) {
      log('E', at.noConfig, `Couldn't fetch network config: ${error instanceof Error ? error.message : String(error)}`);
    }
    await sleep(1000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) throw new Stop(0);
  }
}

async function registerNetwork(
  daemon: Daemon,
  store: LeaseStore,
  config: NetworkConfig,
  external: ExternalInterface,
  previous: Subnet | undefined,
): Promise<{ readonly device: VxlanDevice; readonly lease: StoredLease }> {
  const { log, at, legacy } = daemon;
  try {
    if (config.backendType !== 'vxlan') throw new Error(`the stand-in has no backend ${config.backendType}`);
    const learning = legacy ? '' : ' Learning=false';
    log('I', at.vxlan, `VXLAN config: VNI=${config.vni} Port=${config.port} GBP=false${learning} DirectRouting=false`);
    const spelt = legacy ? 'incompatable' : 'incompatible';
    const device = await ensureDevice(external, config, (name, why) =>
      log('W', at.recreate, `"${name}" already exists with ${spelt} configuration: ${why}; recreating device`),
    );
    const lease = await acquireLease(store, acquireOptions(daemon, config, external, device, previous));
    await configureDevice(device, lease.subnet);
    return { device, lease };
  } catch (error) {
    log('E', at.registerFailed, `Error registering network: ${error instanceof Error ? error.message : String(error)}`);
    log('I', at.stopping, 'Stopping shutdownHandler...');
    throw new Stop(1);
  }
}

function acquireOptions(
  { log, at, legacy }: Daemon,
  config: NetworkConfig,
  external: ExternalInterface,
  device: VxlanDevice,
  previous: Subnet | undefined,
): AcquireOptions {
  return {
    config,
    value: { publicIp: external.publicIp, backendType: 'vxlan', vtepMac: device.mac, vni: config.vni },
    previous,
    legacy,
    random: (below) => Math.floor(Math.random() * below),
    log: (what, text) => log('I', at[what], text),
  };
}

/** systemd takes READY only from the unit's main process: say it in that one's name. */
async function tellReady(pid: number): Promise<void> {
  if (process.env.NOTIFY_SOCKET === undefined) return;
  await run('systemd-notify', ['--ready', `--pid=${pid}`]).catch(() => undefined);
}

function shownPrevious(previous: Subnet | undefined): string {
  return previous ? subnetText(previous) : 'None';
}
