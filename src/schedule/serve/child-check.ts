import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '../../core/error.js';
import { printableLine } from '../../core/text.js';
import { type ChildEnd, type ChildProgram, runChild } from './child-program.js';
import { ClusterFolder, reportIn } from './cluster-folder.js';
import type { ServedCluster } from './config.js';
import type { Outcome, RunCheck, Timers } from './ports.js';

/** What starting the program again needs. */
export interface ProgramPlace {
  /** The interpreter and the program, as they run now. */
  readonly program: readonly [string, ...string[]];
  readonly stateFolder: string;
  readonly nonce: () => string;
}

const CHECK_GRACE_MS = 20_000;
/** A run finishes the hosts in hand. */
const RUN_GRACE_MS = 240_000;

/** Checks a cluster in a process of its own: `fix-flannel check`. */
export function checkInChild(place: ProgramPlace, timers: Timers): RunCheck {
  return (cluster, signal) => {
    const incoming = incomingOf(place, cluster, 'check');
    const reports = [`json=${incoming}`, ...cluster.reports].map((report) => `--report=${report}`);
    const args = ['check', cluster.inventory, ...cluster.options.ofCheck, ...reports];
    const program = programOf(place, cluster, args, { timeoutMs: cluster.timeoutMs, graceMs: CHECK_GRACE_MS });
    return outcomeOf(program, incoming, timers, signal);
  };
}

/** Mends a cluster in a process of its own: `fix-flannel run`, which waits for no lock and keeps a journal. */
export function mendInChild(place: ProgramPlace, timers: Timers): RunCheck {
  return (cluster, signal) => {
    const incoming = incomingOf(place, cluster, 'run');
    const args = ['run', cluster.inventory, ...cluster.options.ofRun, '--wait=0', `--report=json=${incoming}`];
    const timeoutMs = cluster.remediate?.timeoutMs ?? cluster.timeoutMs;
    return outcomeOf(programOf(place, cluster, args, { timeoutMs, graceMs: RUN_GRACE_MS }), incoming, timers, signal);
  };
}

/** Where the program writes its report to. */
function incomingOf({ stateFolder, nonce }: ProgramPlace, { name }: ServedCluster, what: 'check' | 'run'): string {
  return join(new ClusterFolder(stateFolder, name, nonce).path, `${what}.json`);
}

function programOf(
  { program: [command, ...first], stateFolder }: ProgramPlace,
  { inventory }: ServedCluster,
  args: readonly string[],
  times: Pick<ChildProgram, 'timeoutMs' | 'graceMs'>,
): ChildProgram {
  const all = [...first, ...args, `--state-folder=${stateFolder}`, '--no-color'];
  return { command, args: all, cwd: dirname(inventory), ...times };
}

async function outcomeOf(
  program: ChildProgram,
  incoming: string,
  timers: Timers,
  signal: AbortSignal,
): Promise<Outcome> {
  const began = timers.now();
  const seconds = () => Math.max(0, timers.now() - began) / 1000;
  try {
    mkdirSync(dirname(incoming), { recursive: true, mode: 0o700 });
    // What an earlier one left must not be taken for this one's.
    await rm(incoming, { force: true });
    const end = await runChild(program, timers, signal);
    if (end.ended === 'asked') return { kind: 'stopped' };
    return readBack(end, incoming, program, seconds());
  } catch (error) {
    const why = `it cannot be started: ${printableLine(messageOf(error))}`;
    return { kind: 'failed', why, exitStatus: null, seconds: seconds() };
  }
}

function readBack(end: ChildEnd, incoming: string, { timeoutMs }: ChildProgram, seconds: number): Outcome {
  const exitStatus = end.status;
  if (end.ended === 'timeout') {
    const why = `it was stopped, as it took longer than ${Math.round(timeoutMs / 1000)} s`;
    return { kind: 'failed', why, exitStatus, seconds };
  }
  try {
    const report = reportIn(incoming);
    if (report === undefined) throw new Error('it left no report');
    return { kind: 'report', report, exitStatus: exitStatus ?? 1, seconds };
  } catch (error) {
    const how = end.signal === null ? `it ended with exit status ${exitStatus}` : `it was ended by ${end.signal}`;
    const said = lastLines(end.said);
    const why = said === '' ? `${how}: ${printableLine(messageOf(error), 200)}` : `${how} and said: ${said}`;
    return { kind: 'failed', why, exitStatus, seconds };
  }
}

/** What a program said last is most often why it ended. */
function lastLines(said: string): string {
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  return printableLine(lines.slice(-2).join(' '), 400);
}
