import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Ask, Asks, Readings } from '../../src/core/fact.js';
import type { Script } from '../../src/core/script.js';
import { readingOf } from './reading-of.js';

const SYSTEM_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

export interface Shell {
  readonly shell: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The shells that scripts have to work under; busybox brings its own tools too. Each is a Debian package's. */
export const SHELLS: readonly Shell[] = [
  { shell: 'dash', argv: ['dash'], env: {} },
  { shell: 'bash as sh', argv: ['bash', '--posix'], env: {} },
  { shell: 'busybox ash', argv: ['busybox', 'ash'], env: { PATH: busyboxTools() } },
];

/** A folder with a link for each tool that busybox has; the system's folders follow, for what it has not. */
function busyboxTools(): string {
  const folder = mkdtempSync(join(tmpdir(), 'busybox-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  spawnSync('busybox', ['--install', '-s', folder]);
  return `${folder}:${SYSTEM_PATH}`;
}

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
    env: { PATH: SYSTEM_PATH, LC_ALL: 'C', HOME: cwd, ...env },
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
