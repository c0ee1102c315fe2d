import { type Command, InvalidArgumentError, Option } from 'commander';

/** What a command that changes hosts takes, besides what all of them take. */
export interface ChangeOptions {
  readonly confirm?: boolean;
  /** Seconds to wait for a lock; 0 does not. */
  readonly wait: number;
  /** Seconds. */
  readonly lockTtl: number;
  /** On the hosts. */
  readonly hostLockFolder?: string;
  readonly stateFolder?: string;
  readonly keepRuns: number;
  /** A file of `plan --out`. */
  readonly plan?: string;
  /** A run's id. */
  readonly resume?: string;
}

const SECONDS_OF = { s: 1, m: 60, h: 3600 } as const;

/** `90`, `90s`, `5m` or `1h`, in seconds. */
export function durationSeconds(text: string): number {
  const match = /^(\d{1,6})([smh]?)$/.exec(text.trim());
  if (!match) throw new InvalidArgumentError('It has to be a time, as 30s, 5m or 1h.');
  return Number(match[1]) * SECONDS_OF[(match[2] || 's') as keyof typeof SECONDS_OF];
}

function atLeast(least: number, parse: (text: string) => number): (text: string) => number {
  return (text) => {
    const value = parse(text);
    if (!Number.isInteger(value) || value < least) throw new InvalidArgumentError(`It has to be ${least} or more.`);
    return value;
  };
}

/** Adds the options of a command that changes hosts. */
export function withChangeOptions(command: Command): Command {
  return command
    .optionsGroup('Before anything is changed:')
    .option('--confirm', 'show the plan and ask before the first change')
    .addOption(
      new Option('--wait <time>', 'wait so long (5m) for a run that holds the cluster or a host; 0 does not wait')
        .argParser(durationSeconds)
        .default(0, '0'),
    )
    .addOption(
      new Option('--lock-ttl <s>', 'seconds after which the lock of a run that has died goes by itself')
        .argParser(atLeast(3, durationSeconds))
        .default(30),
    )
    .addOption(
      new Option(
        '--host-lock-folder <dir>',
        'where hosts keep their lock, instead of /run/fix-flannel (for root) and /tmp/fix-flannel-UID',
      ).env('FIX_FLANNEL_HOST_LOCK_FOLDER'),
    )
    .optionsGroup('What is kept of a run, so that it can be undone:')
    .option(
      '--state-folder <dir>',
      'where journals are kept; default FIX_FLANNEL_STATE, then ~/.local/state/fix-flannel',
    )
    .addOption(
      new Option('--keep-runs <n>', 'journals to keep; younger than 30 days and unfinished ones stay anyway')
        .argParser(atLeast(1, Number))
        .default(100),
    );
}
