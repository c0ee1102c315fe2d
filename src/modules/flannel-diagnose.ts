import { z } from 'zod';
import type { Basis } from '../core/basis.js';
import { fail, type Outcome, refuse, skip, unchanged } from '../core/module.js';
import type { Reading } from '../core/reading.js';
import { count, printableLine } from '../core/text.js';
import type { Cluster } from '../diagnose/cluster.js';
import { diagnose } from '../diagnose/diagnose.js';
import { type HostMend, type MendPlan, mendPlan } from '../diagnose/mend-plan.js';
import type { SiteSurvey } from '../diagnose/survey.js';
import { verifyCluster } from '../diagnose/verify-cluster.js';
import { proofAsks } from '../facts/node-asks.js';
import { cidrText } from '../flannel/address.js';
import { type Choice, candidateLine, chooseInterfaces } from '../flannel/choose-interface.js';
import type { RouteTo } from '../flannel/host-network.js';
import type { FlannelNode } from '../flannel/node.js';
import { checkProof } from '../flannel/prove-choice.js';
import { basisOfNode, basisOfSite } from './flannel-basis.js';
import { clusterOf, type FlannelFleet, readFleet, whyUnread } from './flannel-fleet.js';
import { guardedFiles } from './flannel-guarded.js';
import type { Site } from './flannel-sites.js';
import { defineFleetModule, type FleetHost, type FleetOutcome, type FleetTools, sameForAll } from './fleet-module.js';
import { surveyOf } from './site-survey.js';

/** Between two looks at a cluster that has not settled yet. */
const PAUSE_MS = 250;

/** Sees the whole fleet, says what it suffers from, and decides what mends each host. */
export const flannelDiagnose = defineFleetModule({
  name: 'flannel_diagnose',
  about: "Read hosts and leases, find the fleet's faults, choose interfaces, decide what each host needs.",
  example: `- flannel_diagnose:
  register: flannel`,
  args: z.strictObject({
    /** The last look of a run: what is not in order now is a failure. */
    after: z.boolean().default(false),
    /** Seconds that nodes have to learn of what changed last; for the last look only. */
    timeout: z.number().nonnegative().default(15),
  }),
  async plan({ after, timeout }, hosts, tools): Promise<FleetOutcome> {
    if (after && hosts.every((host) => host.task.check)) return skipAll(hosts);
    const fleet = after ? await readSettled(hosts, tools, timeout) : await readFleet(hosts, tools);
    const outcomes = new Map<string, Outcome>();
    const errors = new Map<string, unknown>();
    const findings = [];
    const notEvaluated = [];
    const basis = new Map<string, Basis>();
    const sites: SiteSurvey[] = [];
    for (const site of fleet.sites) {
      const cluster = clusterOf(fleet, site);
      const diagnosis = diagnose(cluster);
      sites.push(surveyOf(cluster, site, diagnosis));
      findings.push(...diagnosis.findings);
      if (site.error === undefined) notEvaluated.push(...diagnosis.notEvaluated);
      const verdicts =
        site.error !== undefined ? [] : after ? proofs(cluster) : await decisions(cluster, site, hosts, tools, basis);
      for (const [host, outcome] of verdicts) outcomes.set(host, outcome);
      if (site.error !== undefined) for (const { host } of site.nodes) errors.set(host, site.error);
    }
    for (const { name } of hosts) {
      const why = whyUnread(fleet, name);
      if (why !== undefined) errors.set(name, why);
      else if (fleet.nodes.get(name)?.status === 'no-flanneld')
        outcomes.set(name, leftAlone(fleet.nodes.get(name)?.why));
    }
    if (!after) serialOfAll(outcomes, hosts);
    const notes = fleet.sites.map((site) => siteNote(site, fleet));
    const registries = fleet.sites.flatMap(({ spec, via }) => (spec === undefined ? [] : [{ spec, via }]));
    const clusterBasis = Object.assign({}, ...fleet.sites.map(basisOfSite));
    return { outcomes, errors, findings, notEvaluated, sites, registries, basis, clusterBasis, notes };
  },
});

/** Reads until nothing of what was found is left, or the time is over: a node hears of a lease a moment later. */
async function readSettled(hosts: readonly FleetHost[], tools: FleetTools, timeout: number): Promise<FlannelFleet> {
  const deadline = tools.now() + timeout * 1000;
  for (;;) {
    const fleet = await readFleet(hosts, tools);
    const settled = fleet.sites.every((site) => verifyCluster(clusterOf(fleet, site)).problems.length === 0);
    if (settled || tools.now() >= deadline) return fleet;
    await tools.sleep(PAUSE_MS);
    tools.forget();
  }
}

function skipAll(hosts: readonly FleetHost[]): FleetOutcome {
  return { outcomes: sameForAll(hosts, skip('checked once the hosts are mended')) };
}

const NOTHING_TO_DO = { mend: false, left_alone: true };

function leftAlone(why = 'no flanneld'): Outcome {
  return unchanged(`${why}: left alone`, { result: NOTHING_TO_DO });
}

/** `flannel v0.11.0 on 3 hosts; etcd v2 /kubernetes/network: 10.1.0.0/16, 1 lease` */
function siteNote({ nodes, spec, leases, config }: Site, fleet: FlannelFleet): string {
  const versions = [...new Set(nodes.map(({ version }) => version?.text ?? 'of unknown version'))].sort();
  const parts = [
    `flannel ${versions.map((text) => printableLine(text, 30)).join(' and ')} on ${count(nodes.length, 'host')}`,
  ];
  if (spec !== undefined) parts.push(`etcd ${spec.store} ${spec.prefix}`);
  if (config.state === 'present') parts.push(`network ${cidrText(config.value.network)}`);
  if (leases.state === 'present') parts.push(count(leases.value.leases.length, 'lease'));
  return `${parts.join(', ')}${fleet.sites.length > 1 ? ` (${nodes.map(({ host }) => host).join(', ')})` : ''}`;
}

/** The last look: a problem of the cluster fails the host it is on, or all where it is on none. */
function proofs(cluster: Cluster): [string, Outcome][] {
  const { problems } = verifyCluster(cluster);
  const nodes = cluster.nodes.filter(({ status }) => status === 'flannel');
  return nodes.map(({ host }) => [
    host,
    problems.length === 0
      ? unchanged('one node, one subnet, one lease; routes agree', { result: { proven: true } })
      : fail(`not in order: ${problems.join('; ')}`, { hint: 'Run `fix-flannel check` to see the whole picture.' }),
  ]);
}

async function decisions(
  cluster: Cluster,
  site: Site,
  hosts: readonly FleetHost[],
  tools: FleetTools,
  basis: Map<string, Basis>,
): Promise<[string, Outcome][]> {
  const guessed = chooseInterfaces(cluster.nodes);
  const needsProof = mendPlan(cluster, guessed).hosts.some(({ needsIface }) => needsIface);
  const choices = needsProof ? await proven(guessed, hosts, tools) : guessed;
  const plan = mendPlan(cluster, choices);
  const byHost = new Map(hosts.map((host) => [host.name, host]));
  const nodes = new Map(site.nodes.map((node) => [node.host, node]));
  for (const node of site.nodes) basis.set(node.host, basisOfNode(node, choices.get(node.host)));
  return plan.hosts.map((mend) => [
    mend.host,
    decision(
      mend,
      plan,
      nodes.get(mend.host) as FlannelNode,
      choices.get(mend.host),
      byHost.get(mend.host) as FleetHost,
    ),
  ]);
}

async function proven(choices: Map<string, Choice>, hosts: readonly FleetHost[], tools: FleetTools) {
  const asks = proofAsks(choices);
  const routes = new Map<string, Reading<readonly RouteTo[]>>();
  const asked = hosts.filter(({ name }) => asks.has(name));
  await tools.each(asked, async ({ name }) => {
    const own = asks.get(name);
    if (own) routes.set(name, (await tools.read(name, own)).routes as Reading<readonly RouteTo[]>);
  });
  return checkProof(choices, routes);
}

function decision(
  mend: HostMend,
  plan: MendPlan,
  node: FlannelNode,
  choice: Choice | undefined,
  host: FleetHost,
): Outcome {
  if (mend.refused !== undefined) return refusal(mend, choice);
  const acts = mend.needsIface || mend.needsClear || mend.needsRestart;
  const why = acts ? mend.why.join('; ') : 'in order';
  const { vars } = host.task;
  const published = node.published?.address.toString() ?? null;
  const address = choice?.kind === 'chosen' ? choice.address.toString() : published;
  return unchanged(why, {
    result: {
      mend: acts,
      // Clearing is what a changed interface needs too, or the old lease is taken over again.
      needs_iface: mend.needsIface,
      clear: mend.needsClear,
      iface: mend.argument ?? null,
      address,
      // A node that publishes its own address already finds its own lease again, and rightly.
      old_subnet: node.held === undefined || published === address ? null : cidrText(node.held.subnet),
      unit: node.unit?.name ?? null,
      config_file: vars.flannel_config_file ?? null,
      restart_command: vars.flannel_restart_command ?? null,
      subnet_file: node.settings?.subnetFile ?? null,
      running: node.process !== undefined,
      dependents: mend.restartsAlong,
      plan_notes: mend.staleAfter,
      journal_note: {
        lease: node.held === undefined ? null : cidrText(node.held.subnet),
        published: node.published?.address.toString() ?? null,
        running: node.process !== undefined,
      },
      serial: plan.serial,
      ...guardedFiles(node, mend, (vars.flannel_config_file as string | undefined) || undefined),
    },
  });
}

/**
 * A play has one `serial`, and the host that it is read from may be of any site or of none: all hosts get the same, and
 * the most careful site decides.
 */
function serialOfAll(outcomes: Map<string, Outcome>, hosts: readonly FleetHost[]): void {
  const given = [...outcomes.values()].map((outcome) => outcome.result?.serial);
  const wish = hosts.map(({ task }) => task.vars.flannel_serial).find((one) => one !== undefined && one !== null);
  const serial = given.includes('one by one') ? 1 : (wish ?? [1, 5]);
  for (const [host, outcome] of outcomes) {
    if (outcome.kind === 'unchanged') outcomes.set(host, { ...outcome, result: { ...outcome.result, serial } });
  }
}

function refusal({ refused }: HostMend, choice: Choice | undefined): Outcome {
  if (choice?.kind !== 'refused') return refuse(refused ?? 'refused', { hint: 'Mend this by hand, then run again.' });
  const candidates = choice.candidates.map(candidateLine);
  const shown = candidates.length > 0 ? ` (${candidates.join('; ')})` : '';
  return refuse(`${choice.why}${shown}`, { hint: choice.hint });
}
