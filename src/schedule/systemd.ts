import { execFile } from 'node:child_process';
import process from 'node:process';
import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';
import { noCalendar } from './calendar.js';

export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program with its arguments, without a shell; `missing` where there is no such program. */
export type RunProgram = (program: string, args: readonly string[]) => Promise<Ended | 'missing'>;

const MILLISECONDS = 60_000;

/** Programs of this machine, with times in UTC and messages in English. */
export const runProgram: RunProgram = (program, args) =>
  new Promise((resolve) => {
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC', SYSTEMD_PAGER: '', SYSTEMD_COLORS: '0' };
    const options = { env, timeout: MILLISECONDS, maxBuffer: 4 * 1024 * 1024, encoding: 'utf8' } as const;
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error?.code === 'ENOENT') resolve('missing');
      else resolve({ status: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, stdout, stderr });
    });
  });

/** The service manager of the machine, or of a user. */
export interface Systemd {
  readonly scope: 'system' | 'user';
  /** Why it does not answer; undefined where it does. */
  whyAway(): Promise<string | undefined>;
  /** @throws FixError `cli/usage` with what systemd says; `'unknown'` where there is no systemd to ask */
  nextOf(calendar: string): Promise<string | 'unknown'>;
  /** @throws FixError `schedule/units` where it does not do so */
  tell(...args: readonly string[]): Promise<void>;
  /** Properties of a unit, none where it does not answer. */
  show(unit: string, properties: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

export function openSystemd(scope: Systemd['scope'], run: RunProgram = runProgram): Systemd {
  const systemctl = (args: readonly string[]) => run('systemctl', [`--${scope}`, '--no-ask-password', ...args]);
  return {
    scope,
    async whyAway() {
      const ended = await systemctl(['show', '--property=Version']);
      if (ended === 'missing') return 'systemctl is not installed';
      return ended.status === 0 && ended.stdout.includes('Version=') ? undefined : reasonOf(ended);
    },
    async nextOf(calendar) {
      const ended = await run('systemd-analyze', ['calendar', calendar]);
      if (ended === 'missing') return 'unknown';
      if (ended.status !== 0) throw noCalendar(calendar, hintOf(ended));
      const next = /^ *Next elapse: *(.+)$/m.exec(ended.stdout)?.[1] ?? 'unknown';
      if (next.trim() === 'never') throw noCalendar(calendar, 'That time never comes (again).');
      return next.trim();
    },
    async tell(...args) {
      const ended = await systemctl(args);
      if (ended !== 'missing' && ended.status === 0) return;
      const why = ended === 'missing' ? 'systemctl is not installed' : reasonOf(ended);
      throw new FixError('schedule/units', `\`systemctl ${args.join(' ')}\` failed: ${why}`, {
        hint: 'Where there is no systemd, `fix-flannel schedule crontab` prints a line for cron.',
      });
    },
    async show(unit, properties) {
      const ended = await systemctl(['show', unit, ...properties.map((name) => `--property=${name}`)]);
      return ended === 'missing' || ended.status !== 0 ? new Map() : propertiesOf(ended.stdout);
    },
  };
}

function reasonOf({ stderr, status }: Ended): string {
  const line = stderr.split('\n').find((one) => one.trim() !== '');
  return line === undefined ? `it ended with ${status}` : printableLine(line.trim(), 200);
}

function hintOf(ended: Ended): string {
  return `systemd says: ${reasonOf(ended)}. systemd.time(7) says what it may be.`;
}

/** What `systemctl show` prints: a property a line. */
export function propertiesOf(stdout: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of stdout.split('\n')) {
    const equals = line.indexOf('=');
    if (equals > 0) found.set(line.slice(0, equals), line.slice(equals + 1));
  }
  return found;
}
