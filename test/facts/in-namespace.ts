import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection, ScriptResult } from '../../src/core/connection.js';
import type { Asks, Fact, Readings } from '../../src/core/fact.js';
import type { Reading } from '../../src/core/reading.js';
import { quoted, type Script } from '../../src/core/script.js';
import { readAsks } from '../../src/engine/gather.js';
import { readingOf } from '../support/reading-of.js';

/** A shell and the programs that it finds first. */
export interface Toolbox {
  readonly name: string;
  readonly argv: readonly string[];
  readonly busybox: boolean;
}

export const TOOLBOXES: readonly Toolbox[] = [
  { name: 'dash', argv: ['dash'], busybox: false },
  { name: 'bash as sh', argv: ['bash', '--posix'], busybox: false },
  { name: 'busybox', argv: ['busybox', 'ash'], busybox: true },
];

const APPLETS =
  'ip stat readlink head wc tr grep sed ping timeout basename dirname cat date sort ls sleep kill ps uname'.split(' ');

interface InNamespace {
  readonly setup?: string;
  readonly toolbox: Toolbox;
}

/**
 * Reads a fact in network, mount and PID namespaces of its own, after `setup` has run there. All of it is gone when
 * the shell ends.
 */
export function readInNamespace<Query, Value>(
  fact: Fact<Query, Value>,
  query: Query,
  how: InNamespace,
): Reading<Value> {
  const { status, stdout, stderr } = runInNamespace(fact.script(query), how);
  return readingOf(fact, query, { status, stdout, stderr: stderr.toString('utf8') });
}

/** Reads several facts in the same namespaces, in one exchange, as the engine asks a host. */
export function readAllInNamespace<A extends Asks>(asks: A, how: InNamespace): Promise<Readings<A>> {
  const connection: Connection = {
    host: 'here',
    run: async (script) => runInNamespace(script, how),
    tunnel: () => Promise.reject(new Error('none')),
    close: async () => {},
  };
  return readAsks(connection, asks, { nonce: 'fedcba9876543210', timeoutMs: 60_000 });
}

function runInNamespace(script: Script, { setup = '', toolbox }: InNamespace): ScriptResult {
  const folder = mkdtempSync(join(tmpdir(), 'toolbox-'));
  try {
    if (toolbox.busybox) for (const applet of APPLETS) symlinkSync('/bin/busybox', join(folder, applet));
    const system = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    const input = `set -e
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
${setup}
set +e
PATH=${quoted(`${folder}:${system}`)}
( eval ${quoted(script.text)} ) </dev/null
`;
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      ['-nmpf', '--propagation', 'private', '--kill-child', ...toolbox.argv],
      { input, env: { PATH: system, LC_ALL: 'C' }, timeout: 60_000 },
    );
    return { status: status ?? 128, stdout, stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
