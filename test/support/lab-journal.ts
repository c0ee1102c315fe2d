import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { listRuns, type RunSummary, readRun } from '../../src/journal/read-runs.js';
import type { HostEntry, RunRecord } from '../../src/journal/record.js';
import { type ProgramEnd, type ProgramOptions, type RunningProgram, runProgram, startProgram } from './lab-program.js';

/** The program with a state folder of its own, so that a test sees the journals of its own runs alone. */
export interface OwnJournals {
  /** Where a test may keep files of its own too. */
  readonly folder: string;
  run(...args: string[]): Promise<ProgramEnd>;
  start(args: readonly string[], onStep?: ProgramOptions['onStep']): RunningProgram;
  /** The newest first. */
  runs(): readonly RunSummary[];
  /** Of the newest run where none is named. */
  record(id?: string): RunRecord;
}

/** Call it at the top of a `describe`; the folder goes after its tests. */
export function ownJournals(): OwnJournals {
  const folder = mkdtempSync(join(tmpdir(), 'fix-flannel-lab-state-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const state = join(folder, 'state');
  const env = { FIX_FLANNEL_STATE: state };
  const runs = () => listRuns(state).runs;
  return {
    folder,
    run: (...args) => runProgram({ args, env }),
    start: (args, onStep) => startProgram({ args, env, ...(onStep && { onStep }) }),
    runs,
    record: (id = runs()[0]?.header.id ?? '') => readRun(state, id),
  };
}

/** The tasks that a run began on a host, in order, without those of its guard. */
export function tasksBegun({ hosts }: RunRecord, host: string): string[] {
  return (hosts.get(host) ?? []).flatMap((entry) =>
    entry.kind === 'begin' && entry.module !== 'commit_confirmed' ? [entry.task] : [],
  );
}

/** How many steps a run began on all hosts together. */
export function stepsBegun({ hosts }: RunRecord): number {
  const isBegin = ({ kind }: HostEntry) => kind === 'begin';
  return [...hosts.values()].reduce((sum, entries) => sum + entries.filter(isBegin).length, 0);
}
