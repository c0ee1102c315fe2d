import { z } from 'zod';
import { defineModule, type Fields, fail, skip, unchanged } from '../core/module.js';
import { text } from './arguments.js';

const Args = z.strictObject({ jid: text, mode: z.enum(['status', 'cleanup']).default('status') });

const NOTHING_SAID: Fields = { stdout: '', stdout_lines: [], stderr: '', stderr_lines: [] };

/** What became of a task that goes on by itself. */
export const asyncStatus = defineModule<z.infer<typeof Args>>({
  name: 'async_status',
  about: 'Tells what became of a task that was started with `async` and `poll: 0`',
  example: `- name: the download has ended
  async_status:
    jid: "{{ download.ansible_job_id | default('j1') }}"
  register: job
  until: job is finished
  retries: 30`,
  args: Args,
  plan({ jid, mode }, _, task) {
    // A check starts no jobs.
    if (task.check) return skip('async_status does not support check mode');
    const job = task.job(jid);
    if (!job) {
      const ended = { ...NOTHING_SAID, ansible_job_id: jid, started: 1, finished: 1 };
      return fail('could not find job', { result: ended });
    }
    if (mode === 'cleanup') {
      const result = { ...NOTHING_SAID, ansible_job_id: jid, started: 0, finished: 0, erased: jid };
      return unchanged(`${jid} is forgotten`, { result });
    }
    const result = { ...NOTHING_SAID, ...job };
    if (job.finished !== 1) return unchanged(`${jid} goes on`, { result });
    if (job.failed) return fail(String(job.msg ?? 'the job failed'), { result });
    return unchanged(`${jid} has ended`, { result, ...(job.changed === true ? { counts: 'changed' } : {}) });
  },
});
