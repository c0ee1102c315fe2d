import { z } from 'zod';
import { type ActionOutput, change, defineModule, type Fields, refuse, run, skip } from '../core/module.js';
import { float, int, path, text, word } from './arguments.js';
import { TIMED_OUT, waitCondition, waitScript } from './wait-script.js';

const Args = z
  .strictObject({
    host: word.refine((host) => /^[\w.:%-]+$/.test(host) && !host.startsWith('-'), 'is no host').default('127.0.0.1'),
    port: int.refine((port) => port >= 1 && port <= 65535, 'is no port').optional(),
    path: path.optional(),
    search_regex: word.optional(),
    state: z.enum(['started', 'stopped', 'present', 'absent', 'drained']).default('started'),
    timeout: float.refine((seconds) => seconds >= 0 && seconds <= 604_800, 'is no time in seconds').default(300),
    connect_timeout: int.refine((seconds) => seconds >= 1 && seconds <= 3600, 'is no time in seconds').default(5),
    delay: float.refine((seconds) => seconds >= 0 && seconds <= 604_800, 'is no time in seconds').default(0),
    sleep: float.refine((seconds) => seconds >= 0 && seconds <= 3600, 'is no time in seconds').default(1),
    msg: text.optional(),
  })
  .refine(({ port, path: at }) => port === undefined || at === undefined, 'port and path exclude each other')
  .refine(({ port, state }) => state !== 'drained' || port !== undefined, 'state=drained needs a port');

export type WaitArguments = z.infer<typeof Args>;

/** Waits on the host until something is so, or fails once the time is over. */
export const waitFor = defineModule<WaitArguments>({
  name: 'wait_for',
  about: 'Waits on the host until a port answers, or a file is there or says something',
  example: `- name: flanneld has written its lease
  wait_for:
    path: /run/flannel/subnet.env
    search_regex: ^FLANNEL_SUBNET=
    timeout: 60`,
  args: Args,
  plan(args, _, { check }) {
    if (check) return skip('not waited for in check mode');
    const condition = waitCondition(args);
    if (typeof condition === 'string') return refuse(condition);
    const timeoutMs = (args.delay + args.timeout + args.connect_timeout + args.sleep + 60) * 1000;
    return change(`waits for ${what(args)}`, {
      actions: [run(waitScript(args, condition), { mayFail: true, timeoutMs })],
      // Waiting alters nothing.
      result: { changed: false, ...known(args) },
      conclude: ([output]) => conclusion(args, output),
    });
  },
});

function known(args: WaitArguments): Fields {
  const { port = null, path: at = null, search_regex = null, state } = args;
  return { port, path: at, search_regex, state, match_groups: [], match_groupdict: {} };
}

function conclusion(args: WaitArguments, output: ActionOutput | undefined): Fields {
  const elapsed = Number(/^elapsed=(\d+)$/m.exec(output?.stdout ?? '')?.[1] ?? 0);
  if (output?.status === 0) return { elapsed };
  const why = output?.status === TIMED_OUT ? `Timeout when waiting for ${what(args)}` : (output?.stderr.trim() ?? '');
  return { failed: true, elapsed, msg: args.msg ?? (why || `cannot wait for ${what(args)}`) };
}

function what({ host, port, path: at, search_regex, state, timeout }: WaitArguments): string {
  const gone = state === 'stopped' || state === 'absent';
  if (port !== undefined) return `${host}:${port}${gone ? ' to stop' : state === 'drained' ? ' to drain' : ''}`;
  if (at === undefined) return `${timeout} seconds`;
  if (search_regex !== undefined && !gone) return `search string ${search_regex} in ${at}`;
  return gone ? `${at} to be absent.` : `file ${at}`;
}
