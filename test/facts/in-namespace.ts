import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fact } from '../../src/core/fact.js';
import type { Reading } from '../../src/core/reading.js';
import { quoted } from '../../src/core/script.js';
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

/**
 * Reads a fact in network, mount and PID namespaces of its own, after `setup` has run there. All of it is gone when
 * the shell ends.
 */
export function readInNamespace<Query, Value>(
  fact: Fact<Query, Value>,
  query: Query,
  { setup = '', toolbox }: { setup?: string; toolbox: Toolbox },
): Reading<Value> {
  const folder = mkdtempSync(join(tmpdir(), 'toolbox-'));
  try {
    if (toolbox.busybox) for (const applet of APPLETS) symlinkSync('/bin/busybox', join(folder, applet));
    const system = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    const script = fact.script(query).text;
    const input = `set -e
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
${setup}
set +e
PATH=${quoted(`${folder}:${system}`)}
( eval ${quoted(script)} ) </dev/null
`;
    const ran = spawnSync('unshare', ['-nmpf', '--propagation', 'private', '--kill-child', ...toolbox.argv], {
      input,
      env: { PATH: system, LC_ALL: 'C' },
      timeout: 20_000,
    });
    return readingOf(fact, query, {
      status: ran.status ?? 128,
      stdout: ran.stdout,
      stderr: ran.stderr.toString('utf8'),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
