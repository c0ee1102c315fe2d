import { z } from 'zod';
import { matchInTime } from '../core/match-deadline.js';
import { type ActionOutput, change, defineModule, type Fields, refuse, run, skip } from '../core/module.js';
import { float, int, path, text, word } from './arguments.js';
import { toldMode } from './file-mode.js';
import { pythonRegExp } from './python-regexp.js';
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
      result: { changed: false },
      conclude: ([output]) => conclusion(args, output ?? { status: 1, stdout: '', stderr: '' }),
    });
  },
});

function known(args: WaitArguments): Fields {
  const { port = null, path: at = null, search_regex = null, state } = args;
  return { port, path: at, search_regex, state, match_groups: [], match_groupdict: {} };
}

function conclusion(
  args: WaitArguments,
  { status, stdout, stderr }: Pick<ActionOutput, 'status' | 'stdout' | 'stderr'>,
) {
  const [, seconds, stat, said = ''] = /^elapsed=(\d+)\n(?:stat=(.*)\n)?([\s\S]*)$/.exec(stdout) ?? [];
  const elapsed = Number(seconds ?? 0);
  if (status === 0) return { ...known(args), elapsed, ...fileFields(args, stat), ...groupsOf(args.search_regex, said) };
  const why = status === TIMED_OUT ? `Timeout when waiting for ${what(args)}` : stderr.trim();
  return { failed: true, elapsed, msg: args.msg ?? (why || `cannot wait for ${what(args)}`) };
}

/** Of the file that was waited for, as every task on a file tells it. */
function fileFields({ path: at }: WaitArguments, stat: string | undefined): Fields {
  if (at === undefined) return {};
  const [uid, gid, owner, group, mode, size, links, ...kind] = (stat ?? '').split(' ');
  if (mode === undefined) return {};
  const state = KINDS[kind.join(' ')] ?? (Number(links) > 1 ? 'hard' : 'file');
  return { uid: Number(uid), gid: Number(gid), owner, group, mode: toldMode(mode), size: Number(size), state };
}

const KINDS: Readonly<Record<string, string>> = { directory: 'directory', 'symbolic link': 'link' };

/** @param said what the pattern was found in */
function groupsOf(pattern: string | undefined, said: string): Fields {
  if (pattern === undefined) return {};
  const regex = pythonRegExp(pattern, 'm');
  const found = matchInTime(regex, said.length, () => regex.exec(said));
  if (!found) return {};
  return { match_groups: found.slice(1).map((one) => one ?? null), match_groupdict: { ...found.groups } };
}

function what({ host, port, path: at, search_regex, state, timeout }: WaitArguments): string {
  const gone = state === 'stopped' || state === 'absent';
  if (port !== undefined) return `${host}:${port}${gone ? ' to stop' : state === 'drained' ? ' to drain' : ''}`;
  if (at === undefined) return `${timeout} seconds`;
  if (search_regex !== undefined && !gone) return `search string ${search_regex} in ${at}`;
  return gone ? `${at} to be absent.` : `file ${at}`;
}
