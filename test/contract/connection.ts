import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Connection } from '../../src/core/connection.js';
import { type Script, scriptAsWritten, sh } from '../../src/core/script.js';
import { ALL } from '../support/in-gate.js';

/** The scripts that every connection must run alike; a recording is made of these. */
export const SCRIPTS: readonly {
  readonly about: string;
  readonly script: Script;
  readonly stdout: string;
  readonly stderr?: string | RegExp;
  readonly status?: number;
}[] = [
  {
    about: 'keeps stdout, stderr and status apart',
    script: sh`echo out; echo err >&2; exit 3`,
    stdout: 'out\n',
    stderr: 'err\n',
    status: 3,
  },
  {
    about: 'keeps output without a last newline as it is',
    script: sh`printf a; printf b >&2`,
    stdout: 'a',
    stderr: 'b',
  },
  { about: 'passes every byte', script: sh`printf '\000\001\377\n\r\n'`, stdout: '\u0000\u0001\u00ff\n\r\n' },
  { about: 'gives an empty input', script: sh`cat; echo "$?"`, stdout: '0\n' },
  { about: 'speaks the C locale', script: sh`echo "$LC_ALL"`, stdout: 'C\n' },
  { about: 'survives a syntax error', script: sh`if then (`, stdout: '', stderr: /syntax error/i, status: 2 },
  { about: 'survives unbalanced quotes', script: sh`echo 'a`, stdout: '', stderr: /./, status: 2 },
  { about: 'survives exec', script: sh`exec echo gone`, stdout: 'gone\n' },
  {
    about: 'survives set -eu and an unset variable',
    script: sh`set -eu; : "$nope_such"; echo no`,
    stdout: '',
    stderr: /nope_such/,
    status: 2,
  },
  {
    about: 'runs traps at the end of the script',
    script: sh`trap 'echo trapped' EXIT; echo first`,
    stdout: 'first\ntrapped\n',
  },
  { about: 'forgets variables and folders of the script before', script: sh`echo "[$left][$PWD]"`, stdout: '[]' },
  {
    about: 'reports a signal as 128 and its number',
    script: sh`kill -TERM "$(exec sh -c 'echo $PPID')"`,
    stdout: '',
    status: 143,
  },
  { about: 'takes a script that starts with a minus', script: sh`-nope 2>/dev/null; echo "$?"`, stdout: '127\n' },
  { about: 'takes an empty script', script: scriptAsWritten(''), stdout: '' },
  { about: 'takes a script that ends in a comment', script: sh`echo a # no newline`, stdout: 'a\n' },
  {
    about: 'takes a here-document',
    script: sh`cat <<'END'
it's "here" $HOME
END`,
    stdout: 'it\'s "here" $HOME\n',
  },
  { about: 'keeps UTF-8', script: sh`printf %s ${'Grüße 🙂'}`, stdout: Buffer.from('Grüße 🙂').toString('latin1') },
];

export interface ConnectionKit {
  readonly name: string;
  make(): Promise<Connection>;
  /** False for a recording: it has no processes and no network. */
  readonly live: boolean;
  /** Whether a tenth is large enough for the gate, where another kit takes as much as there is. */
  readonly modest?: boolean;
}

/** The suite of the `Connection` port. */
export function connectionContract(kit: ConnectionKit): void {
  describe(`a connection: ${kit.name}`, () => {
    let connection: Connection;
    beforeAll(async () => {
      connection = await kit.make();
    });
    afterAll(() => connection?.close());
    const run = (script: Script, timeoutMs = 15_000, signal?: AbortSignal) =>
      connection.run(script, { timeoutMs, signal });

    test.each(SCRIPTS)('$about', async ({ script, stdout, stderr = '', status = 0 }) => {
      const result = await run(script);
      const out = result.stdout.toString('latin1');
      if (stdout === '[]') expect(out).toMatch(/^\[\]\[\/[^\n]*\]\n$/);
      else expect(out).toBe(stdout);
      if (typeof stderr === 'string') expect(result.stderr.toString()).toBe(stderr);
      else expect(result.stderr.toString()).toMatch(stderr);
      // Shells differ in which status an error of syntax has, not in that it has one.
      if (status === 2) expect(result.status).toBeGreaterThan(0);
      else expect(result.status).toBe(status);
    });

    test('an abort that has happened already runs nothing', async () => {
      const signal = AbortSignal.abort(new Error('stop it'));
      await expect(run(sh`echo a`, 1000, signal)).rejects.toThrow('stop it');
    });

    if (kit.live) liveTests(run, () => connection, kit.modest === true && !ALL ? 0.1 : 1);

    test('after close, a run is refused', async () => {
      await connection.close();
      await expect(run(sh`echo a`)).rejects.toMatchObject({ code: 'ssh/lost' });
      await connection.close();
    });
  });
}

type Run = (script: Script, timeoutMs?: number, signal?: AbortSignal) => ReturnType<Connection['run']>;

function liveTests(run: Run, connection: () => Connection, size: number): void {
  const text = async (script: Script) => (await run(script)).stdout.toString();

  test('scripts sent at once run one after another', async () => {
    const folder = (await text(sh`mktemp -d`)).trim();
    const script = sh`cd ${folder} && mkdir lock && sleep 0.05 && rmdir lock && echo alone`;
    const results = await Promise.all([1, 2, 3, 4].map(() => text(script)));
    expect(results).toEqual(Array(4).fill('alone\n'));
    await run(sh`rmdir ${folder}`);
  });

  test(`${size * 20} MB of output come whole, in both streams`, async () => {
    const [out, err] = [size * 20_000_000, size * 3_000_000];
    const mixed = sh`head -c ${out} /dev/zero | tr '\000' 'a' & head -c ${err} /dev/zero >&2; wait; echo end`;
    const { stdout, stderr } = await run(mixed);
    expect([stdout.length, stderr.length]).toEqual([out + 4, err]);
    expect(stdout.subarray(-5).toString()).toBe('aend\n');
  });

  test(`a script of ${size * 5} MB goes through`, async () => {
    const word = `${'x'.repeat(79)}\n`.repeat(size * 62_500);
    expect((await text(sh`printf %s ${word} | wc -c`)).trim()).toBe(`${word.length}`);
  });

  test('a time-out kills the script and all its children, tells what was printed, and the shell goes on', async () => {
    const shell = await text(sh`echo $$`);
    const mark = `31${process.pid}`;
    const slow = sh`echo begun; (sleep ${mark}; :) | cat & sh -c ${`sleep ${mark}; :`}`;
    const failure = await run(slow, 400).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'script/timeout', message: expect.stringContaining('begun') });
    expect(failure).toMatchObject({ cause: { stdout: Buffer.from('begun\n') } });
    expect(await text(findProcess(mark))).toBe('');
    expect(await text(sh`echo $$`)).toBe(shell);
  });

  test('a time-out kills a script that ignores signals', async () => {
    const failing = run(sh`trap '' TERM INT HUP; while :; do :; done`, 300);
    await expect(failing).rejects.toMatchObject({ code: 'script/timeout' });
    expect(await text(sh`echo on`)).toBe('on\n');
  });

  test('an abort kills the script and rejects with its reason', async () => {
    const stop = new AbortController();
    const mark = `32${process.pid}`;
    const running = run(sh`sleep ${mark}; :`, 10_000, stop.signal);
    setTimeout(() => stop.abort(new Error('interrupted')), 200);
    await expect(running).rejects.toThrow('interrupted');
    expect(await text(findProcess(mark))).toBe('');
  });

  test('an abort while waiting for its turn rejects at once and runs nothing', async () => {
    const stop = new AbortController();
    const first = run(sh`sleep 0.5; echo first`);
    const second = run(sh`echo second`, 1000, stop.signal);
    const order: string[] = [];
    void first.then(() => order.push('first'));
    setTimeout(() => stop.abort(new Error('interrupted')), 50);
    await expect(second).rejects.toThrow('interrupted');
    order.push('second');
    expect((await first).stdout.toString()).toBe('first\n');
    expect(order).toEqual(['second', 'first']);
  });

  test('a script that kills the shell fails alone: the next gets a new shell', async () => {
    const before = await text(sh`echo $$`);
    await expect(run(sh`echo dying; kill -9 $$`)).rejects.toMatchObject({ code: 'ssh/lost' });
    const after = await text(sh`echo $$`);
    expect(after).toMatch(/^\d+\n$/);
    expect(after).not.toBe(before);
  });

  test("output of a child left behind stays out of the next script's", async () => {
    expect(await text(sh`(sleep 0.2; echo late) & echo now`)).toBe('now\n');
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(await text(sh`echo next`)).toBe('next\n');
  });

  test('a tunnel carries bytes both ways, and a closed port is refused', async () => {
    const { createServer } = await import('node:net');
    const echo = createServer((socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    const { port } = echo.address() as { port: number };
    const stream = await connection().tunnel('127.0.0.1', port);
    stream.write('ping');
    const answer = await new Promise<string>((resolve) => stream.once('data', (chunk) => resolve(String(chunk))));
    expect(answer).toBe('ping');
    const closed = new Promise((resolve) => echo.close(resolve));
    stream.destroy();
    await closed;
    await expect(connection().tunnel('127.0.0.1', port)).rejects.toMatchObject({ code: 'ssh/unreachable' });
  });
}

/** Prints the processes that have this argument, zombies left out; the pattern does not find itself. */
function findProcess(mark: string): Script {
  return sh`grep -lzx ${`[${mark[0]}]${mark.slice(1)}`} /proc/[0-9]*/cmdline 2>/dev/null; :`;
}
