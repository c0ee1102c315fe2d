import { z } from 'zod';
import { messageOf } from '../core/error.js';
import { ask } from '../core/fact.js';
import { unchanged } from '../core/module.js';
import { absent, present, type Reading, unreadable } from '../core/reading.js';
import type { Check } from '../diagnose/check.js';
import { diagnose } from '../diagnose/diagnose.js';
import { checks as allChecks } from '../diagnose/index.js';
import { diagnoseKubernetes } from '../diagnose/kube-advice.js';
import type { Thresholds } from '../diagnose/thresholds.js';
import { armedGuards } from '../facts/armed-guards.js';
import { flannelBoot } from '../facts/flannel-boot.js';
import { flannelPaths } from '../facts/flannel-paths.js';
import { hostFirewall } from '../facts/host-firewall.js';
import type { EtcdHealth, HostProbe, Probes } from '../flannel/probes.js';
import { firewallQuery } from './firewall-query.js';
import { clusterOf, type FlannelFleet, readFleet, whyUnread } from './flannel-fleet.js';
import type { Site } from './flannel-sites.js';
import { defineFleetModule, type FleetHost, type FleetOutcome, type FleetTools, sameForAll } from './fleet-module.js';
import { isKubernetes, withKubernetesLeases } from './kubernetes-site.js';
import { pathTargets } from './path-targets.js';
import { surveyOf } from './site-survey.js';

const ids = z.array(z.string()).default([]);

/** Looks at the whole fleet with every check, and changes nothing. */
export const flannelHealth = defineFleetModule({
  name: 'flannel_health',
  about: 'Look at hosts, etcd and the overlay with every check of the catalogue; change nothing.',
  example: `- flannel_health:
    skip: [FF401]`,
  args: z.strictObject({
    /** Only these checks; none named means all. */
    only: ids,
    /** Not these. */
    skip: ids,
    /** Percent of the network's subnets that may be leased. */
    pool_used_percent: z.number().optional(),
    /** Days that a certificate has to have left. */
    certificate_days: z.number().optional(),
    /** Seconds that a lease has to have left. */
    lease_left_seconds: z.number().optional(),
  }),
  async plan({ only, skip, ...thresholds }, hosts, tools): Promise<FleetOutcome> {
    const checks = allChecks.filter(({ id }) => (only.length === 0 || only.includes(id)) && !skip.includes(id));
    const look = () => lookAt(checks, thresholdsOf(thresholds), hosts, tools);
    const first = await look();
    // Leases and routes are read one after the other: what was on its way between them is there the second time.
    if (!first.findings.some(({ id }) => MAY_PASS.has(id))) return first;
    tools.forget();
    return look();
  },
});

/** What may be found of a cluster that is just doing what it should, because it cannot be read in one moment. */
const MAY_PASS: ReadonlySet<string> = new Set(['FF304']);

function thresholdsOf(args: {
  readonly pool_used_percent?: number;
  readonly certificate_days?: number;
  readonly lease_left_seconds?: number;
}): Partial<Thresholds> {
  const { pool_used_percent, certificate_days, lease_left_seconds } = args;
  return {
    ...(pool_used_percent !== undefined && { poolUsedPercent: pool_used_percent }),
    ...(certificate_days !== undefined && { certificateDays: certificate_days }),
    ...(lease_left_seconds !== undefined && { leaseLeftSeconds: lease_left_seconds }),
  };
}

async function lookAt(
  checks: readonly Check[],
  thresholds: Partial<Thresholds>,
  hosts: readonly FleetHost[],
  tools: FleetTools,
) {
  const fleet = await withKubernetesLeases(await readFleet(hosts, tools), hosts, tools);
  const probed = await probeHosts(checks, fleet, hosts, tools);
  const sites = await Promise.all(
    fleet.sites.map(async (site) => {
      const probes = { hosts: probed, etcd: await etcdHealth(checks, site, tools) };
      const cluster = { ...clusterOf(fleet, site), probes, thresholds };
      const diagnosis = (isKubernetes(site) ? diagnoseKubernetes : diagnose)(cluster, checks);
      return surveyOf(cluster, site, diagnosis, checks);
    }),
  );
  const unread = hosts.flatMap(({ name }) => {
    const why = whyUnread(fleet, name);
    return why === undefined ? [] : [[name, why] as const];
  });
  return {
    outcomes: sameForAll(hosts, unchanged('looked at')),
    errors: new Map<string, unknown>(unread),
    findings: sites.flatMap(({ findings }) => findings),
    notEvaluated: sites.flatMap(({ notEvaluated }) => notEvaluated),
    sites,
  };
}

/** What only a check reads, where a check that is wanted needs it. */
async function probeHosts(
  checks: readonly Check[],
  fleet: FlannelFleet,
  hosts: readonly FleetHost[],
  tools: FleetTools,
): Promise<Probes['hosts']> {
  const probes = new Map<string, HostProbe>();
  if (!checks.some(({ onlyInCheck }) => onlyInCheck)) return probes;
  const withPaths = checks.some(({ id }) => PATH_CHECKS.has(id));
  const targets = new Map(withPaths ? fleet.sites.flatMap((site) => [...pathTargets(site.nodes)]) : []);
  const filters = new Map(
    fleet.sites.flatMap((site) =>
      site.nodes.map((node) => [node.host, firewallQuery(site, node, targets.get(node.host) ?? [])] as const),
    ),
  );
  await tools.each(
    hosts.filter(({ name }) => fleet.nodes.get(name)?.status === 'flannel'),
    async ({ name }) => {
      const unit = fleet.nodes.get(name)?.unit?.name;
      const peers = targets.get(name) ?? [];
      const filter = withPaths ? filters.get(name) : undefined;
      const asks = {
        boot: ask(flannelBoot, { units: unit === undefined ? [] : [unit] }),
        ...(filter !== undefined && { firewall: ask(hostFirewall, filter) }),
        guards: ask(armedGuards, {}),
        ...(peers.length > 0 && { paths: ask(flannelPaths, { targets: peers }) }),
      };
      probes.set(name, await probed(tools.read(name, asks)));
    },
  );
  return probes;
}

const PATH_CHECKS: ReadonlySet<string> = new Set(['FF401', 'FF402', 'FF403']);

async function probed(reading: Promise<Partial<HostProbe>>): Promise<HostProbe> {
  try {
    const { boot = absent, firewall = absent, guards = absent, paths = absent } = await reading;
    return { boot, firewall, guards, paths };
  } catch (error) {
    const why = unreadable(messageOf(error));
    return { boot: why, firewall: why, guards: why, paths: why };
  }
}

async function etcdHealth(
  checks: readonly Check[],
  { spec, via, error }: Site,
  tools: FleetTools,
): Promise<Reading<EtcdHealth>> {
  if (!checks.some(({ id }) => id === 'FF501')) return absent;
  if (spec === undefined) return error === undefined ? absent : unreadable(messageOf(error));
  try {
    return present(await tools.etcdHealth(spec, via));
  } catch (thrown) {
    return unreadable(messageOf(thrown));
  }
}
