import { defineFact } from '../core/fact.js';
import { hostRecords } from './host-records.js';
import { dateFacts } from './setup-date.js';
import { deviceFacts } from './setup-devices.js';
import { distributionFacts } from './setup-distribution.js';
import type { Facts } from './setup-facts.js';
import { dmiFacts, memoryFacts, processorFacts, uptimeFacts } from './setup-hardware.js';
import { localFacts } from './setup-local.js';
import { lvmFacts, mountFacts } from './setup-mounts.js';
import { type NetworkFacts, networkFacts } from './setup-network.js';
import { lsbFacts, packageManager, platformFacts, serviceManager } from './setup-platform.js';
import { type SetupQuery, setupScript } from './setup-script.js';
import { type SetupSource, setupSource } from './setup-source.js';
import type { Collector } from './setup-subsets.js';
import {
  apparmorFacts,
  capabilityFacts,
  chrootFacts,
  cmdlineFacts,
  dnsFacts,
  environmentFacts,
  fibreChannelFacts,
  fipsFacts,
  hostKeyFacts,
  iscsiFacts,
  loadFacts,
  nvmeFacts,
  selinuxFacts,
  userFacts,
} from './setup-system.js';
import { virtualFacts } from './setup-virtual.js';

/** Facts about a host, and its interfaces, whose names are its own. */
export type HostFacts = NetworkFacts;

/** Everything that Ansible's `setup` tells, without Python. */
export const hostSetup = defineFact<SetupQuery, HostFacts>({
  name: 'host.setup',
  about: 'what `setup` tells of a host: distribution, kernel, hardware, network, users and the rest',
  mostBytes: 32 * 1024 * 1024,
  script: setupScript,
  parse(_, query, bytes) {
    const source = setupSource(hostRecords(bytes));
    const network = query.collectors.includes('network') ? networkFacts(source) : { facts: {}, interfaces: new Map() };
    const parts = query.collectors.map((collector) => PARTS[collector](source, query));
    return { facts: Object.assign({}, ...parts, network.facts), interfaces: network.interfaces };
  },
});

type Part = (source: SetupSource, query: SetupQuery) => Facts;

const PARTS: Readonly<Record<Collector, Part>> = {
  apparmor: apparmorFacts,
  caps: capabilityFacts,
  chroot: chrootFacts,
  cmdline: cmdlineFacts,
  date_time: dateFacts,
  distribution: distributionFacts,
  dns: dnsFacts,
  env: environmentFacts,
  fibre_channel_wwn: fibreChannelFacts,
  fips: fipsFacts,
  hardware: (source) => ({
    ...processorFacts(source, source.said('machine') ?? ''),
    ...memoryFacts(source),
    ...dmiFacts(source),
    ...deviceFacts(source),
    ...uptimeFacts(source),
    ...lvmFacts(source),
    ...mountFacts(source),
  }),
  iscsi: iscsiFacts,
  loadavg: loadFacts,
  local: (source, { factPath }) => localFacts(source, factPath),
  lsb: lsbFacts,
  // Its interfaces are told apart from the facts, so it is read once, above.
  network: () => ({}),
  nvme: nvmeFacts,
  pkg_mgr: (source) => ({ pkg_mgr: packageManager(source, distributionFacts(source)) }),
  platform: platformFacts,
  selinux: selinuxFacts,
  service_mgr: (source) => ({ service_mgr: serviceManager(source, distributionFacts(source)) }),
  ssh_pub_keys: hostKeyFacts,
  user: userFacts,
  virtual: virtualFacts,
};
