import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import process from 'node:process';
import { codeOf } from '../core/error-code.js';
import type { LockHolder } from '../flannel/cluster-lock.js';

/**
 * This process, as it stands in a lock.
 *
 * @param run the run's id
 * @param why what it was started as: `fix-flannel run inventory.yaml`
 * @param since when the run began
 */
export function thisProcess(run: string, why: string, since: Date): LockHolder {
  const { pid } = process;
  return { run, by: `${userName()}@${hostname()}`, pid, process: markOf(pid), since: since.toISOString(), why };
}

/**
 * Whether a holder's process has ended.
 *
 * @returns `true` only where it ran on this boot of this machine, in this pid namespace, and is not there any more or
 * has given its number to another; `undefined` where that cannot be told
 */
export function isGone({ by, pid, process: mark }: LockHolder): boolean | undefined {
  const theirs = mark.split('/');
  const here = placeOf();
  if (theirs.length !== 3 || here === undefined || `${theirs[0]}/${theirs[1]}` !== here) return undefined;
  // A cloned machine may carry on with the boot id of the other.
  if (by.slice(by.lastIndexOf('@') + 1) !== hostname() || pid < 1) return undefined;
  if (!isThere(pid)) return true;
  const started = startOf(pid);
  return started === undefined ? undefined : started === 'ended' || started !== theirs[2];
}

/** Who runs the program. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // No entry for the user id: a container, or a user that systemd made for a service.
    return process.env.USER || String(process.getuid?.() ?? '?');
  }
}

function markOf(pid: number): string {
  const here = placeOf();
  const started = startOf(pid);
  return here === undefined || started === undefined ? '' : `${here}/${started}`;
}

/** `boot-id/pid-namespace`; `undefined` where there is no Linux /proc. */
function placeOf(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const namespace = /^pid:\[(\d+)\]$/.exec(readlinkSync('/proc/self/ns/pid'))?.[1];
    return boot === '' || namespace === undefined ? undefined : `${boot}/${namespace}`;
  } catch {
    return undefined;
  }
}

/** By a signal that does nothing: /proc may hide the processes of others (`hidepid`). */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}

/** Clock ticks after the boot; `ended` for one that only waits to be reaped. @see proc(5), /proc/pid/stat */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in brackets, may hold spaces and brackets.
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? 'ended' : rest[18];
  } catch {
    return undefined;
  }
}
