import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { FixError } from '../core/error.js';
import { masked } from '../core/mask.js';
import type { Action } from '../core/module.js';
import { printableLine } from '../core/text.js';
import type { RunHeader } from '../journal/record.js';
import type { Change } from './changes.js';
import type { TalliedChange, Tally } from './tally.js';

/** One change, as an approved plan holds it. Its digest is salted: scripts may hold secrets. */
const PlannedChange = z.strictObject({
  task: z.string(),
  module: z.string(),
  at: z.string(),
  why: z.string(),
  digest: z.string().length(64),
});

const BasisText = z.record(z.string(), z.string());

const HostPlan = z.strictObject({ changes: z.array(PlannedChange), basis: BasisText });

/** What is asked for, in a form that can be compared: the inventory as resolved, the playbook, the options. */
const Asked = z.strictObject({
  inventory: z.string(),
  playbook: z.string(),
  limit: z.string(),
  tags: z.array(z.string()),
  skipTags: z.array(z.string()),
  extraVars: z.string(),
});

export const PLAN_FORMAT = 'fix-flannel-plan/1';

const PlanFileSchema = z.strictObject({
  format: z.literal(PLAN_FORMAT),
  version: z.string(),
  madeAt: z.iso.datetime(),
  by: z.string(),
  salt: z.string().regex(/^[0-9a-f]{32}$/),
  asked: Asked,
  hosts: z.record(z.string(), HostPlan),
  cluster: z.strictObject({ changes: z.array(PlannedChange), basis: BasisText }),
  /** Tasks that a plan cannot show, by where they stand: what they would do is known only once they run. */
  notShown: z.record(z.string(), z.string()),
});

/** A plan as a value: what would be changed, and the facts that it rests on. */
export type PlanFile = Readonly<z.infer<typeof PlanFileSchema>>;
export type AskedFor = Readonly<z.infer<typeof Asked>>;

/**
 * The plan that a pass in check mode came to.
 *
 * @param salt 32 hexadecimal digits, fresh for a new file; the file's own to compare with it
 * @param asked digests and options; its `extraVars` is a digest made with the same salt
 */
export function planOf(tally: Tally, header: RunHeader, asked: AskedFor, salt: string): PlanFile {
  const planned = (changes: readonly TalliedChange[]) =>
    changes.map(({ task, module, at, why, actions }) => ({
      task,
      module,
      at,
      why: masked(why).replaceAll(header.id, RUN),
      digest: digestOf(actions, header.id, salt),
    }));
  const hosts = [...tally.hosts].map((host) => [
    host,
    { changes: planned(tally.changes.get(host) ?? []), basis: { ...tally.basis.hosts.get(host) } },
  ]);
  return {
    format: PLAN_FORMAT,
    version: header.version,
    madeAt: header.startedAt,
    by: header.by,
    salt,
    asked,
    hosts: Object.fromEntries(hosts),
    cluster: { changes: planned(tally.clusterChanges), basis: { ...tally.basis.cluster } },
    notShown: Object.fromEntries(tally.notRun),
  };
}

/** Stands for the run's id, which is another each time. */
const RUN = 'RUN';

function digestOf(actions: readonly Action[], runId: string, salt: string): string {
  const text = JSON.stringify(actions, withScripts).replaceAll(runId, RUN);
  return createHmac('sha256', salt).update(text).digest('hex');
}

function withScripts(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}

/** @throws FixError `plan/invalid` */
export function readPlan(text: string, at: string): PlanFile {
  const invalid = (why: string, cause?: unknown) =>
    new FixError('plan/invalid', `${printableLine(at)} is no plan that can be used: ${why}`, {
      hint: 'Make one with `fix-flannel plan INVENTORY --out FILE`.',
      at,
      cause,
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid('it is no JSON', cause);
  }
  const read = PlanFileSchema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = printableLine(issue?.path.join('.') || 'it');
  throw invalid(`${where}: ${printableLine(issue?.message ?? 'does not fit')}`);
}

/** What is otherwise now than when a plan was made, in words. Empty: the plan holds. */
export function differences(planned: PlanFile, now: PlanFile): string[] {
  const hosts = [...new Set([...Object.keys(planned.hosts), ...Object.keys(now.hosts)])];
  return [
    ...askedDifferences(planned.asked, now.asked),
    ...hosts.flatMap((host) => hostDifferences(host, planned.hosts[host], now.hosts[host])),
    ...basisDifferences('', planned.cluster.basis, now.cluster.basis),
    ...changeDifferences('the cluster', planned.cluster.changes, now.cluster.changes),
    ...(JSON.stringify(planned.notShown) === JSON.stringify(now.notShown) ? [] : ['other tasks than no plan can show']),
  ];
}

const ASKED_IN_WORDS: Readonly<Record<keyof AskedFor, string>> = {
  inventory: 'the inventory is another',
  playbook: 'the playbook is another',
  limit: '--limit is another',
  tags: '--tags are others',
  skipTags: '--skip-tags are others',
  extraVars: 'the variables of -e are others',
};

function askedDifferences(planned: AskedFor, now: AskedFor): string[] {
  const names = Object.keys(ASKED_IN_WORDS) as (keyof AskedFor)[];
  return names
    .filter((name) => JSON.stringify(planned[name]) !== JSON.stringify(now[name]))
    .map((name) => ASKED_IN_WORDS[name]);
}

type OneHost = PlanFile['hosts'][string];

function hostDifferences(host: string, planned: OneHost | undefined, now: OneHost | undefined): string[] {
  if (planned === undefined) return [`${host}: it was not planned for`];
  if (now === undefined) return [`${host}: it is not there any more`];
  const facts = basisDifferences(`${host}: `, planned.basis, now.basis);
  return facts.length > 0 ? facts : changeDifferences(host, planned.changes, now.changes);
}

function basisDifferences(
  where: string,
  planned: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): string[] {
  const names = [...new Set([...Object.keys(planned), ...Object.keys(now)])];
  return names
    .filter((name) => planned[name] !== now[name])
    .map((name) => {
      const [before, after] = [planned[name], now[name]];
      if (before === undefined) return `${where}${name} is new`;
      if (after === undefined) return `${where}${name} is gone`;
      return isDigest(before) ? `${where}${name} has changed` : `${where}${name} was ${before}, and is ${after}`;
    });
}

function isDigest(value: string): boolean {
  return /\b[0-9a-f]{64}$/.test(value);
}

type OneChange = PlanFile['cluster']['changes'][number];

function changeDifferences(who: string, planned: readonly OneChange[], now: readonly OneChange[]): string[] {
  if (JSON.stringify(planned) === JSON.stringify(now)) return [];
  const words = (changes: readonly OneChange[]) => changes.map(({ why }) => why).join('; ') || 'nothing';
  const [before, after] = [words(planned), words(now)];
  return [before === after ? `${who}: the steps are done in another way` : `${who}: planned ${before}; now ${after}`];
}

/** Modules that undo or safeguard what a plan holds, and so stand in none. */
const SAFEGUARDS = ['commit_confirmed', 'flannel_restore'];

/** Holds a run to an approved plan. */
export interface PlanGuard {
  /** @throws FixError `plan/stale` for a change that the plan does not hold */
  change(host: string, change: Change): void;
  /** @param lease in the plan's words: `the dead lease 10.1.11.0/24 of 10.0.2.15` */
  deletes(lease: string, at: string): boolean;
}

export function planGuard(plan: PlanFile, runId: string): PlanGuard {
  return {
    change(host, change) {
      if (change.undoing || SAFEGUARDS.includes(change.module) || Object.hasOwn(plan.notShown, change.at)) return;
      const digest = digestOf(change.actions, runId, plan.salt);
      const held = plan.hosts[host]?.changes.some((one) => one.at === change.at && one.digest === digest);
      if (held) return;
      throw new FixError('plan/stale', `the plan does not hold this step on ${host}: ${change.why}`, {
        hint: 'What it rests on has changed since. Make a new plan with `fix-flannel plan`.',
        at: change.at,
      });
    },
    deletes: (lease, at) =>
      plan.cluster.changes.some(
        (one) =>
          one.at === at &&
          one.why
            .replace(/^delete /, '')
            .split(', ')
            .includes(lease),
      ),
  };
}
