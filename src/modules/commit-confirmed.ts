import { z } from 'zod';
import { ask } from '../core/fact.js';
import { change, defineModule, type Fields, type Outcome, refuse, run, unchanged } from '../core/module.js';
import type { Reading } from '../core/reading.js';
import { printableLine } from '../core/text.js';
import { armedGuards, GUARD_FOLDER, type Guard } from '../facts/armed-guards.js';
import { int } from './arguments.js';
import { armScript, clearScript, confirmScript, type GuardPlace, RESTORE_SECONDS } from './commit-confirmed-scripts.js';
import { optionalText, unitNames } from './flannel-arguments.js';

/** A guard that has fired is waited for, and a unit that starts again takes its time. */
const TIMEOUT_MS = (RESTORE_SECONDS + 120) * 1000;

const absolute = z
  .string()
  .regex(/^\/[^\0]+$/, 'is no absolute path')
  .refine((path) => !path.endsWith('/'), 'is no path of a file');

const Args = z
  .strictObject({
    /** `armed` before the steps, `confirmed` after them, `cleared` where a guard may have been left behind. */
    state: z.enum(['armed', 'confirmed', 'cleared']),
    /** Seconds until the host puts itself back. */
    delay: int.refine((seconds) => seconds >= 1 && seconds <= 86_400, 'is not 1 to 86400 seconds').default(180),
    /** What is put back: as it stands when the guard is armed. */
    files: z.array(absolute).default([]),
    /** Brought back to running or not running, in this order, as they are when the guard is armed. */
    units: unitNames,
    /** Hosts without systemd: what brings the files into force again. */
    command: optionalText,
    /** Where guards are kept on the host. */
    folder: absolute.default(GUARD_FOLDER),
  })
  .refine(({ state, files, units, command }) => state !== 'armed' || files.length + units.length > 0 || command, {
    message: 'a guard needs files or units to put back',
    path: ['files'],
  });

/** Has the host put itself back after a while, unless a confirmation comes over a new connection. */
export const commitConfirmed = defineModule<z.infer<typeof Args>, { guards: ReturnType<typeof askGuards> }>({
  name: 'commit_confirmed',
  about:
    'Have a host put itself back after a delay, unless it is confirmed over a new connection that it is reachable.',
  example: `- commit_confirmed:
    state: armed
    delay: 180
    files: [/etc/systemd/system/flanneld.service, /run/flannel/subnet.env]
    units: [flanneld.service, docker.service]`,
  args: Args,
  // Only what may have been left behind has to be known beforehand.
  needs: ({ state, folder }) =>
    state === 'cleared' ? { guards: askGuards(folder) } : ({} as { guards: ReturnType<typeof askGuards> }),
  plan(args, { guards }, task): Outcome {
    const id = String(task.vars.fix_flannel_run ?? '');
    if (!/^[A-Za-z0-9][\w.-]*$/.test(id)) return refuse('this run has no name');
    const place = { folder: args.folder, run: id };
    if (args.state === 'cleared') return clear(place, guards, task);
    if (task.check) return unchanged(args.state === 'armed' ? 'armed before the first change' : 'confirmed at the end');
    return args.state === 'armed' ? arm(place, args) : confirm(place);
  },
});

function askGuards(folder: string) {
  return ask(armedGuards, { folder });
}

function arm(place: GuardPlace, { delay, files, units, command }: z.infer<typeof Args>): Outcome {
  const script = armScript({ ...place, delaySeconds: delay, files: [...new Set(files)], units, command });
  return change(`puts itself back in ${delay} s unless this is confirmed`, {
    actions: [run(script, { timeoutMs: TIMEOUT_MS, touches: {} })],
    conclude: ([output]) => {
      const said = linesOf(output?.stdout);
      if (said[0] === 'armed') {
        const guard = { run: place.run, folder: place.folder, until_seconds: delay };
        return { changed: false, guard, msg: `armed for ${delay} s` };
      }
      return firedResult(said);
    },
  });
}

function confirm(place: GuardPlace): Outcome {
  return change('confirmed over a new connection', {
    actions: [run(confirmScript(place), { newConnection: true, timeoutMs: TIMEOUT_MS, touches: {} })],
    conclude: ([output]) => {
      const said = linesOf(output?.stdout);
      if (said[0] === 'confirmed') return { changed: false, guard: null, msg: 'confirmed over a new connection' };
      if (said[0] === 'none') return { changed: false, guard: null, msg: 'no guard is armed' };
      return firedResult(said);
    },
  });
}

/** What a task comes to whose guard was quicker. `put_itself_back` says that all of it is as it was. */
function firedResult([, outcome, ...faults]: readonly string[]): Fields {
  const whole = outcome === 'done';
  const msg = whole
    ? 'no confirmation came in time, and the host has put itself back as it was'
    : `no confirmation came in time, and the host could not put itself back: ${faults.join('; ') || 'it does not say why'}`;
  return { changed: false, failed: true, guard: null, guard_fired: true, put_itself_back: whole, msg };
}

function clear(
  place: GuardPlace,
  reading: Reading<readonly Guard[]>,
  { host, check }: { host: string; check: boolean },
): Outcome {
  if (reading.state === 'absent') return unchanged('no guard was left behind', { result: { guard: null } });
  if (reading.state === 'unreadable') {
    const why = `whether a run has left a guard cannot be read: ${reading.why}`;
    // Nothing is changed by a check; that the rest of it may be done without this right is worth more.
    return check
      ? unchanged(why, { result: { plan_notes: [why] } })
      : refuse(why, { hint: 'Run this with the rights of root (ansible_become).' });
  }
  const live = reading.value.filter(({ run, state }) => run !== place.run && isLive(state));
  const why = live.map((guard) => inWords(guard, host)).join('; ');
  const failed = reading.value.filter(({ state }) => state === 'failed').map((guard) => inWords(guard, host));
  if (check && live.length === 0) {
    return unchanged(failed[0] ?? 'no guard waits', { result: { ...(failed.length > 0 && { plan_notes: failed }) } });
  }
  return change(why || failed.join('; ') || 'guards that are over are removed', {
    actions: [
      run(clearScript(place), {
        timeoutMs: TIMEOUT_MS,
        touches: { units: [...new Set(reading.value.flatMap(({ down }) => down))] },
      }),
    ],
    conclude: ([output]) => clearedResult(output?.stdout ?? '', place.run),
  });
}

function isLive(state: Guard['state']): boolean {
  return state === 'armed' || state === 'restoring';
}

function inWords({ run, state, leftSeconds, why }: Guard, host: string): string {
  const who = `run ${printableLine(run, 60)}`;
  if (state === 'armed') return `${who} left a guard that would put ${host} back in ${leftSeconds} s`;
  if (state === 'restoring') return `${who} left a guard that is putting ${host} back`;
  return `${who} left a guard that could not put ${host} back: ${printableLine(why, 200)}`;
}

/** What became of each guard; of this run's own, whether the host has put itself back. */
function clearedResult(stdout: string, own: string): Fields {
  const ends = linesOf(stdout).map((line) => /^([\w.-]+) (taken|done|failed|left)$/.exec(line));
  const guards = ends.flatMap((end) => (end === null ? [] : [{ run: end[1] as string, state: end[2] as string }]));
  const others = guards.filter(({ run, state }) => run !== own && state !== 'left');
  const fired = guards.some(({ run, state }) => run === own && state === 'done');
  return {
    changed: others.some(({ state }) => state === 'taken' || state === 'done'),
    guard: null,
    guards,
    ...(fired && { restored: true }),
  };
}

function linesOf(stdout = ''): string[] {
  return stdout.split('\n').filter((line) => line !== '');
}
