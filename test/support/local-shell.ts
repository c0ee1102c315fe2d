import { spawnSync } from 'node:child_process';
import type { Ask, Asks, Readings } from '../../src/core/fact.js';
import type { Script } from '../../src/core/script.js';
import { readingOf } from './reading-of.js';

/** The shells that scripts have to work under; each is a Debian package's. */
export const SHELLS: readonly { readonly shell: string; readonly argv: readonly string[] }[] = [
  { shell: 'dash', argv: ['dash'] },
  { shell: 'bash as sh', argv: ['bash', '--posix'] },
  { shell: 'busybox ash', argv: ['busybox', 'ash'] },
];

export interface LocalRun {
  readonly cwd?: string;
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** Runs a script on this machine as a connection would: in a subshell, under LC_ALL=C, with no input. */
export function runLocally(script: Script, { cwd = '/', argv = ['sh'], env = {}, timeoutMs = 30_000 }: LocalRun = {}) {
  const quoted = `'${script.text.replaceAll("'", `'\\''`)}'`;
  const ran = spawnSync(argv[0] as string, argv.slice(1), {
    cwd,
    env: { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', HOME: cwd, ...env },
    input: `( eval ${quoted} ) </dev/null`,
    timeout: timeoutMs,
    maxBuffer: 64 * 1024 * 1024,
  });
  return { stdout: ran.stdout, stderr: ran.stderr.toString('utf8'), status: ran.status ?? 128 };
}

/** Answers questions on this machine. */
export function readLocally<A extends Asks>(asks: A, how: LocalRun = {}): Readings<A> {
  const readings = Object.entries(asks).map(([name, { fact, query }]: [string, Ask]) => [
    name,
    readingOf(fact, query as never, runLocally(fact.script(query as never), how)),
  ]);
  return Object.fromEntries(readings);
}
