/** The parts that facts about a host are gathered in, by Ansible's names. */
export const COLLECTORS = [
  'apparmor',
  'caps',
  'chroot',
  'cmdline',
  'date_time',
  'distribution',
  'dns',
  'env',
  'fibre_channel_wwn',
  'fips',
  'hardware',
  'iscsi',
  'loadavg',
  'local',
  'lsb',
  'network',
  'nvme',
  'pkg_mgr',
  'platform',
  'selinux',
  'service_mgr',
  'ssh_pub_keys',
  'user',
  'virtual',
] as const;

export type Collector = (typeof COLLECTORS)[number];

/** What is gathered unless `!min` says otherwise. */
const MINIMAL: ReadonlySet<Collector> = new Set([
  'apparmor',
  'caps',
  'cmdline',
  'date_time',
  'distribution',
  'dns',
  'env',
  'fips',
  'local',
  'lsb',
  'pkg_mgr',
  'platform',
  'selinux',
  'service_mgr',
  'ssh_pub_keys',
  'user',
]);

/** Names of single facts that stand for the part they are in. */
const FACT_NAMES: Readonly<Record<string, Collector>> = {
  all_ipv4_addresses: 'network',
  all_ipv6_addresses: 'network',
  architecture: 'platform',
  default_ipv4: 'network',
  default_ipv6: 'network',
  devices: 'hardware',
  distribution_major_version: 'distribution',
  distribution_release: 'distribution',
  distribution_version: 'distribution',
  effective_group_ids: 'user',
  effective_user_id: 'user',
  interfaces: 'network',
  is_chroot: 'chroot',
  kernel: 'platform',
  kernel_version: 'platform',
  machine: 'platform',
  machine_id: 'platform',
  mounts: 'hardware',
  os_family: 'distribution',
  processor: 'hardware',
  processor_cores: 'hardware',
  processor_count: 'hardware',
  real_user_id: 'user',
  ssh_host_key_dsa_public: 'ssh_pub_keys',
  ssh_host_key_ecdsa_public: 'ssh_pub_keys',
  ssh_host_key_ed25519_public: 'ssh_pub_keys',
  ssh_host_key_rsa_public: 'ssh_pub_keys',
  ssh_host_pub_keys: 'ssh_pub_keys',
  system: 'platform',
  system_capabilities: 'caps',
  system_capabilities_enforced: 'caps',
  user_dir: 'user',
  user_gecos: 'user',
  user_gid: 'user',
  user_id: 'user',
  user_shell: 'user',
  user_uid: 'user',
  virtualization_role: 'virtual',
  virtualization_tech_guest: 'virtual',
  virtualization_tech_host: 'virtual',
  virtualization_type: 'virtual',
};

/** What a part rests on, so that it is gathered and told with it. */
const NEEDS: Readonly<Partial<Record<Collector, readonly Collector[]>>> = {
  hardware: ['platform'],
  network: ['distribution', 'platform'],
  pkg_mgr: ['distribution'],
  service_mgr: ['distribution', 'platform'],
};

/**
 * The parts that a `gather_subset` asks for: the minimal ones, then those it adds, without those it excludes; what it
 * names itself wins over an exclusion.
 * @returns the parts, or the first name that is none
 */
export function chosenCollectors(subset: readonly string[]): ReadonlySet<Collector> | { readonly unknown: string } {
  const chosen = new Set<Collector>(MINIMAL);
  const excluded = new Set<Collector>();
  const named = new Set<Collector>();
  for (const name of subset) {
    if (name === 'min') continue;
    if (name === 'all') for (const one of COLLECTORS) chosen.add(one);
    else if (name === '!min') for (const one of MINIMAL) excluded.add(one);
    else if (name === '!all') for (const one of COLLECTORS.filter((each) => !MINIMAL.has(each))) excluded.add(one);
    else {
      const collector = collectorOf(name.replace(/^!/, ''));
      // As with Ansible, what is excluded need not be known.
      if (name.startsWith('!')) {
        if (collector !== undefined) excluded.add(collector);
        continue;
      }
      if (collector === undefined) return { unknown: name };
      named.add(collector);
      chosen.add(collector);
    }
  }
  const left = new Set([...chosen].filter((one) => named.has(one) || !excluded.has(one)));
  for (const one of [...left]) for (const need of NEEDS[one] ?? []) left.add(need);
  return left;
}

function collectorOf(name: string): Collector | undefined {
  const known = COLLECTORS.find((one) => one === name);
  return known ?? (Object.hasOwn(FACT_NAMES, name) ? FACT_NAMES[name] : undefined);
}
