import { EXIT, EXIT_STATUS } from '../core/error.js';
import { count } from '../core/text.js';
import type { PlayEnd } from './run-play.js';
import type { Tally, Trouble } from './tally.js';

/** How the whole ended. */
export type VerdictKind =
  | 'sound'
  | 'planned'
  | 'mended'
  | 'findings'
  | 'not-evaluated'
  | 'refused'
  | 'failed'
  | 'partly-applied'
  | 'declined'
  | 'interrupted';

export interface Verdict {
  readonly kind: VerdictKind;
  readonly exitStatus: number;
  /** One line with counts. */
  readonly line: string;
  readonly hosts: number;
  readonly changed: number;
  readonly failed: number;
  readonly unreachable: number;
  /** Of severity error: warnings are told and change no verdict. */
  readonly findings: number;
  readonly warnings: number;
  /** What state each host is in at the end. */
  readonly states: HostStates;
}

/** Hosts by the state that they were left in. */
export interface HostStates {
  readonly changed: readonly string[];
  /** It failed, and is as it was before. */
  readonly putBack: readonly string[];
  /** It failed, and nothing put it back. */
  readonly failed: readonly string[];
  readonly unreachable: readonly string[];
  readonly untouched: readonly string[];
}

/** What a pass that changed nothing comes to: a check, or the plan before a run. */
export function verdictOfPlan(tally: Tally): Verdict {
  const counts = countsOf(tally);
  const say = (kind: VerdictKind, exitStatus: number, line: string) => ({ kind, exitStatus, line, ...counts });
  const troubles = [...tally.unreachable.values(), ...tally.failed.values()];
  if (troubles.some((one) => one.refused)) {
    const refused = [...tally.failed].filter(([, one]) => one.refused).length;
    return say(
      'refused',
      EXIT.refused,
      `Refused for ${count(refused, 'host')} of ${counts.hosts}; nothing was changed.`,
    );
  }
  if (troubles.length > 0) {
    const line = `${troubles.length} of ${count(counts.hosts, 'host')} not evaluated; nothing was changed.`;
    return say('not-evaluated', exitOfTroubles(troubles), line);
  }
  if (tally.changes.size + tally.clusterChanges.length > 0) {
    const leases = tally.clusterChanges.length > 0 && tally.changes.size === 0 ? 'Only etcd' : undefined;
    const hosts = leases ?? `${count(tally.changes.size, 'host')} of ${counts.hosts}`;
    return say(
      'planned',
      EXIT.findings,
      `${hosts} would change; ${count(counts.findings + counts.warnings, 'finding')}; nothing was changed.`,
    );
  }
  if (counts.findings > 0) {
    const line = `${count(counts.findings, 'finding')} on ${count(counts.hosts, 'host')} that this playbook does not mend.`;
    return say('findings', EXIT.findings, line);
  }
  if (tally.notEvaluated.length > 0) {
    const line = `${count(tally.notEvaluated.length, 'check')} not evaluated; the rest of ${count(counts.hosts, 'host')} is sound.`;
    return say('not-evaluated', EXIT.notEvaluated, line);
  }
  if (tally.notRun.size > 0) {
    const steps = count(tally.notRun.size, 'step');
    return say(
      'sound',
      EXIT.sound,
      `Nothing to change on ${count(counts.hosts, 'host')}; ${steps} not run, as this is a check.`,
    );
  }
  return say('sound', EXIT.sound, sound(counts));
}

/**
 * What a pass that changed hosts comes to.
 * @param stopAsked whether a stop was asked for: hosts that failed before any change failed of that
 */
export function verdictOfRun(tally: Tally, end: PlayEnd, stopAsked = false): Verdict {
  const counts = countsOf(tally);
  const say = (kind: VerdictKind, exitStatus: number, line: string) => ({ kind, exitStatus, line, ...counts });
  const sums = [
    `${count(counts.hosts, 'host')}: ${counts.changed} changed`,
    `${counts.failed} failed`,
    ...(tally.restored.size > 0 ? [`${tally.restored.size} put back`] : []),
    ...(tally.leasesDeleted.length > 0 ? [`${count(tally.leasesDeleted.length, 'dead lease')} deleted`] : []),
    ...(counts.unreachable > 0 ? [`${counts.unreachable} unreachable`] : []),
  ].join(', ');
  const troubles = [...tally.unreachable.values(), ...tally.failed.values()];
  const untouched = counts.changed + tally.cutOff.size + tally.leasesDeleted.length === 0;
  if (end === 'stopped' || (stopAsked && troubles.length > 0 && untouched))
    return say('interrupted', EXIT.interrupted, `Interrupted. ${sums}; ${halfDone(tally)}.`);
  if (troubles.length > 0 || end === 'failed') {
    if (counts.changed + tally.cutOff.size > 0)
      return say('partly-applied', EXIT.partlyApplied, `Left partly applied. ${sums}.`);
    const refused = troubles.length > 0 && troubles.every((one) => one.refused);
    if (refused) return say('refused', EXIT.refused, `Refused. ${sums}; nothing was changed.`);
    return say('failed', exitOfTroubles(troubles), `Failed. ${sums}.`);
  }
  if (counts.findings > 0)
    return say(
      'findings',
      EXIT.findings,
      `${count(counts.findings, 'finding')} ${counts.findings === 1 ? 'remains' : 'remain'}. ${sums}.`,
    );
  if (tally.notEvaluated.length > 0) {
    const line = `${count(tally.notEvaluated.length, 'check')} not evaluated. ${sums}.`;
    return say('not-evaluated', EXIT.notEvaluated, line);
  }
  if (counts.changed + tally.clusterChanges.length > 0) return say('mended', EXIT.sound, `Done. ${sums}.`);
  return say('sound', EXIT.sound, sound(counts));
}

/** Warnings stay after a mending that could not reach them (a bridge that waits for its docker). */
function sound({ hosts, warnings }: { hosts: number; warnings: number }): string {
  const left = warnings > 0 ? ` (${count(warnings, 'warning')})` : '';
  return `Sound: ${count(hosts, 'host')}, nothing to change${left}.`;
}

function countsOf(tally: Tally) {
  return {
    states: statesOf(tally),
    hosts: tally.hosts.size,
    changed: tally.changes.size,
    failed: tally.failed.size,
    unreachable: tally.unreachable.size,
    findings: (tally.findings ?? []).filter(({ severity }) => severity === 'error').length,
    warnings: (tally.findings ?? []).filter(({ severity }) => severity === 'warn').length,
  };
}

function statesOf({ hosts, changes, failed, restored, unreachable }: Tally): HostStates {
  const all = [...hosts];
  const isDown = (host: string) => failed.has(host) || unreachable.has(host);
  return {
    changed: all.filter((host) => changes.has(host) && !isDown(host)),
    putBack: all.filter((host) => failed.has(host) && restored.has(host)),
    failed: all.filter((host) => failed.has(host) && !restored.has(host)),
    unreachable: all.filter((host) => unreachable.has(host)),
    untouched: all.filter((host) => !changes.has(host) && !isDown(host)),
  };
}

/** Says it of a run that was stopped: a host that fell and was not put back may be between two states. */
function halfDone({ changes, cutOff, failed, unreachable, restored }: Tally): string {
  const hosts = new Set([...failed.keys(), ...unreachable.keys()].filter((host) => changes.has(host)));
  for (const host of cutOff) hosts.add(host);
  for (const host of restored) hosts.delete(host);
  return hosts.size === 0 ? 'no host is half done' : `${count(hosts.size, 'host')} may be half done`;
}

/** Hosts that could not be looked at are "not evaluated"; a step that went wrong is a host that failed. */
function exitOfTroubles(troubles: readonly Trouble[]): number {
  if (troubles.length === 0) return EXIT.findings;
  const statuses = troubles.map(({ code }) => (code === undefined ? EXIT.findings : EXIT_STATUS[code]));
  if (statuses.includes(EXIT.cannotWork)) return EXIT.cannotWork;
  return statuses.includes(EXIT.findings) ? EXIT.findings : EXIT.notEvaluated;
}
