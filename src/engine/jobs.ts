import type { Fields } from '../core/module.js';
import type { HostRun } from './host-run.js';
import type { Run } from './run.js';
import { type ItemResult, troubleOf } from './task-outcome.js';

/** A task that goes on by itself (`async` with `poll: 0`). */
export interface Job {
  readonly host: string;
  /** The fields of its result, once it has ended. */
  result: Fields | undefined;
  readonly ended: Promise<void>;
}

/** What `async_status` tells of a job. */
export function jobFields(id: string, job: Job): Fields {
  const known = { ansible_job_id: id, started: 1 };
  if (job.result === undefined) return { ...known, finished: 0, changed: false, failed: false };
  return { ...job.result, ...known, finished: 1 };
}

/**
 * Starts what goes on by itself, on a connection of its own.
 * @param seconds it may take
 */
export function startJob(
  run: Run,
  host: HostRun,
  seconds: number,
  work: (own: true) => Promise<ItemResult>,
): ItemResult {
  const id = `j${run.world.nonce()}.${run.jobs.size + 1}`;
  const job: Job = {
    host: host.name,
    result: undefined,
    ended: work(true)
      .catch(troubleOf)
      .then(({ result }) => {
        job.result = result;
      }),
  };
  run.jobs.set(id, job);
  const result = { changed: true, failed: 0, started: 1, finished: 0, ansible_job_id: id, results_file: '' };
  return { status: 'changed', why: `goes on by itself, for ${seconds} s at most`, result, diff: [] };
}

/** Waits for all jobs: what they came to is not lost, though nobody asked. */
export async function jobsEnded({ jobs }: Pick<Run, 'jobs'>): Promise<void> {
  await Promise.all([...jobs.values()].map(({ ended }) => ended));
}

/** The result of what was waited for (`async` with `poll`), in Ansible's words. @param seconds it might take */
export function polled(one: ItemResult, seconds: number): ItemResult {
  if (one.status === 'skipped' || one.status === 'unreachable') return one;
  if (one.code !== 'script/timeout') return { ...one, result: { ...one.result, started: 1, finished: 1 } };
  const msg = `async task did not complete within the requested time - ${seconds}s`;
  const known = { started: 1, finished: 0, stdout: '', stdout_lines: [], stderr: '', stderr_lines: [] };
  return { ...one, result: { changed: false, failed: true, msg, async_result: known } };
}
