import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Connection } from '../../src/core/connection.js';
import { FixError } from '../../src/core/error.js';
import { Secret, sh } from '../../src/core/script.js';
import type { Become } from '../../src/transport/become.js';
import { connectSsh } from '../../src/transport/connect-ssh.js';
import { slowness } from '../support/cpu.js';
import { inShares } from '../support/in-shares.js';
import { withQuickPassword } from '../support/quick-password.js';
import { startSshd, type TestSshd } from '../support/sshd.js';
import { type Fault, tcpProxy } from '../support/tcp-proxy.js';
import { PASSWORD, type TestUser, type TestUsers, testUsers } from '../support/users.js';

let sshd: TestSshd;
let users: TestUsers;
let asks: TestUser;
let tty: TestUser;
let frozen: Frozen;
beforeAll(async () => {
  users = testUsers();
  [asks, tty] = withQuickPassword(users.add(), users.add());
  users.sudoers([
    `${asks.name} ALL=(ALL) ALL`,
    `Defaults:${tty.name} requiretty`,
    `${tty.name} ALL=(ALL) NOPASSWD: ALL`,
  ]);
  sshd = await startSshd();
  frozen = await onFrozenLine();
});
afterAll(async () => {
  await sshd.close();
  users.remove();
});

/** Short, so that many faults fit in a test; 5 s twice by default. */
const KEEPALIVE = { keepaliveIntervalMs: 150, keepaliveCountMax: 2 };
/** The keepalives, and a machine that is busy with many of these at once; far from the minute that a script may take. */
const FOUND_OUT_MS = 15_000;

const ROADS: readonly { readonly about: string; account(): { user: string; becomes?: Become } }[] = [
  { about: 'a plain shell', account: () => ({ user: 'root' }) },
  {
    about: 'sudo with a password',
    account: () => ({
      user: asks.name,
      becomes: { method: 'sudo', user: 'root', password: new Secret(PASSWORD) },
    }),
  },
  {
    about: 'sudo on a terminal',
    account: () => ({ user: tty.name, becomes: { method: 'sudo', user: 'root' } }),
  },
];

async function throughProxy(account: { user: string; becomes?: Become }) {
  const proxy = await tcpProxy(sshd.port);
  writeFileSync(sshd.knownHostsFile, `[127.0.0.1]:${proxy.port} ${sshd.hostPublicKey}\n`, { flag: 'a' });
  return { proxy, target: sshd.target({ port: proxy.port, ...account }) };
}

/** 40 000 bytes each way, and a few on stderr: enough for several packets. */
const WORD = 'abcdefghi\n'.repeat(4000);
const SCRIPT = sh`printf %s ${WORD}; printf done >&2; exit 7`;

type End = 'whole' | 'lost' | 'hung' | 'torn' | 'other';

async function endOf(connection: Connection): Promise<End> {
  const running = connection.run(SCRIPT, { timeoutMs: 60_000 }).then(
    ({ stdout, stderr, status }): End =>
      stdout.toString() === WORD && stderr.toString() === 'done' && status === 7 ? 'whole' : 'torn',
    (error): End => (error instanceof FixError && error.code === 'ssh/lost' ? 'lost' : 'other'),
  );
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<End>((resolve) => {
    timer = setTimeout(() => resolve('hung'), FOUND_OUT_MS);
  });
  return Promise.race([running, late]).finally(() => clearTimeout(timer));
}

/** Runs one exchange over a connection of its own that fails at this byte. */
async function faulty(account: { user: string; becomes?: Become }, way: 'up' | 'down', fault: Fault): Promise<End> {
  const { proxy, target } = await throughProxy(account);
  const connection = await connectSsh(target, KEEPALIVE);
  try {
    proxy.fail({ [way]: fault });
    return await endOf(connection);
  } finally {
    await connection.close();
    await proxy.close();
  }
}

/** A few at a time. */
async function each<T, U>(items: readonly T[], work: (item: T) => Promise<U>): Promise<U[]> {
  const results: U[] = [];
  const left = items.map((item, index) => ({ item, index }));
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        results[next.index] = await work(next.item);
      }
    }),
  );
  return results;
}

/** Bytes of the frame, its marks, its packets' ends, and beyond. */
const POINTS = [
  ...[0, 1, 7, 16, 35, 36, 37, 52, 64, 100, 200, 300, 500, 1000, 2000, 4095, 4096, 8192, 12_000, 16_000],
  ...[20_000, 24_000, 28_000, 32_000, 32_768, 36_000, 39_000, 39_900, 40_000, 40_050, 40_100, 40_200, 40_300],
  ...[40_400, 40_500, 41_000],
];

/** The same for connecting, from the greeting to the shell's first answer, and beyond. */
const CONNECTING_POINTS = Array.from({ length: 20 }, (_, index) => Math.round(1.43 ** index * 10));

describe.each(ROADS)('$about', ({ account }) => {
  const tables = (['cutAfter', 'freezeAfter'] as const).flatMap((kind) =>
    (['up', 'down'] as const).map((way) => ({ kind, way })),
  );
  test.each(inShares(tables, POINTS))(
    'an exchange is whole or lost, at bytes all along it: $kind, $way',
    async ({ kind, way, share }) => {
      const ends = await each(share, async (at) => ({ at, end: await faulty(account(), way, { [kind]: at }) }));
      expect(ends.filter(({ end }) => end !== 'whole' && end !== 'lost')).toEqual([]);
      // The word alone is longer.
      expect(ends.filter(({ at, end }) => at < WORD.length && end !== 'lost')).toEqual([]);
    },
    90_000,
  );

  test.each(inShares(tables, CONNECTING_POINTS))(
    'connecting succeeds or ends in time, at bytes all along it: $kind, $way',
    async ({ kind, way, share }) => {
      const ends = await each(share, async (at) => {
        const { proxy, target } = await throughProxy(account());
        proxy.fail({ [way]: { [kind]: at } });
        const started = performance.now();
        const connecting = connectSsh({ ...target, connectTimeoutMs: 1500 }, KEEPALIVE);
        const end = await connecting.then(
          async (connection) => {
            await connection.close();
            return 'connected';
          },
          (error: unknown) => (error instanceof FixError ? error.code : String(error)),
        );
        await proxy.close();
        return { at, end, late: performance.now() - started > 6000 * slowness() };
      });
      const said = new Set(ends.map(({ end }) => end));
      for (const allowed of [
        'connected',
        'ssh/unreachable',
        'ssh/lost',
        'ssh/no-shell',
        'become/refused',
        'ssh/auth',
      ]) {
        said.delete(allowed);
      }
      expect([...said]).toEqual([]);
      expect(ends.filter(({ late }) => late)).toEqual([]);
      // Connecting takes more than this either way.
      expect(ends.filter(({ at, end }) => at < 1000 && end === 'connected')).toEqual([]);
    },
    90_000,
  );

  test.each<{ about: string; fault: Fault }>([
    { about: 'a slow line', fault: { bytesPerSecond: 120_000 } },
    { about: 'a long way', fault: { latencyMs: 60 } },
  ])('$about only takes longer', async ({ fault }) => {
    const { proxy, target } = await throughProxy(account());
    const connection = await connectSsh(target);
    proxy.fail({ up: fault, down: fault });
    const { stdout, status } = await connection.run(SCRIPT, { timeoutMs: 30_000 });
    expect([stdout.toString() === WORD, status]).toEqual([true, 7]);
    await connection.close();
    await proxy.close();
  });
});

test('a line that freezes is found out with the keepalives that hold without being asked for', async () => {
  const { error, took } = await frozen.running;
  expect(error).toMatchObject({ code: 'ssh/lost' });
  expect(took).toBeGreaterThan(5000);
  expect(took).toBeLessThan(17_000 * slowness());
  await frozen.end();
});

interface Frozen {
  readonly running: Promise<{ readonly error: unknown; readonly took: number }>;
  end(): Promise<void>;
}

/** A script over a line that has frozen; it takes long to be found out, and other tests need not wait for it. */
async function onFrozenLine(): Promise<Frozen> {
  const { proxy, target } = await throughProxy({ user: 'root' });
  const connection = await connectSsh(target);
  proxy.fail({ up: { freezeAfter: 0 }, down: { freezeAfter: 0 } });
  const started = performance.now();
  const running = connection.run(SCRIPT, { timeoutMs: 60_000 }).then(
    () => undefined,
    (error: unknown) => error,
  );
  return {
    running: running.then((error) => ({ error, took: performance.now() - started })),
    async end() {
      await connection.close();
      await proxy.close();
    },
  };
}
