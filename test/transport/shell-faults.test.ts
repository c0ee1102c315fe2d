import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Connection } from '../../src/core/connection.js';
import { FixError } from '../../src/core/error.js';
import { Secret, sh } from '../../src/core/script.js';
import type { Become } from '../../src/transport/become.js';
import { connectSsh } from '../../src/transport/connect-ssh.js';
import { startSshd, type TestSshd } from '../support/sshd.js';
import { type Fault, type TcpProxy, tcpProxy } from '../support/tcp-proxy.js';
import { PASSWORD, type TestUser, type TestUsers, testUsers } from '../support/users.js';

let sshd: TestSshd;
let users: TestUsers;
let asks: TestUser;
let tty: TestUser;
beforeAll(async () => {
  users = testUsers();
  [asks, tty] = [users.add(), users.add()];
  users.sudoers([
    `${asks.name} ALL=(ALL) ALL`,
    `Defaults:${tty.name} requiretty`,
    `${tty.name} ALL=(ALL) NOPASSWD: ALL`,
  ]);
  sshd = await startSshd();
});
afterAll(async () => {
  await sshd.close();
  users.remove();
});

/** Short, so that many faults fit in a test; 5 s twice by default. */
const KEEPALIVE = { keepaliveIntervalMs: 150, keepaliveCountMax: 2 };
/** The keepalives, and a machine that is busy with many of these at once. */
const FOUND_OUT_MS = 4000;

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

describe.each(ROADS)('$about', ({ account }) => {
  const tables = (['cutAfter', 'freezeAfter'] as const).flatMap((kind) =>
    (['up', 'down'] as const).map((way) => ({ kind, way })),
  );
  test.each(tables)(
    `an exchange is whole or lost, at ${POINTS.length} bytes: $kind, $way`,
    async ({ kind, way }) => {
      const ends = await each(POINTS, (at) => faulty(account(), way, { [kind]: at }));
      expect(ends.filter((end) => end !== 'whole' && end !== 'lost')).toEqual([]);
      expect(ends[0]).toBe('lost');
      expect(ends.filter((end) => end === 'lost').length).toBeGreaterThanOrEqual(25);
    },
    90_000,
  );

  test.each(['cutAfter', 'freezeAfter'] as const)(
    'connecting succeeds or ends in time, at 30 bytes each way: %s',
    async (kind) => {
      const points = (['up', 'down'] as const).flatMap((way) =>
        Array.from({ length: 30 }, (_, index) => ({ way, at: Math.round(1.27 ** index * 10) })),
      );
      const ends = await each(points, async ({ way, at }) => {
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
        return { end, late: performance.now() - started > 6000 };
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
      expect(ends.filter(({ end }) => end !== 'connected').length).toBeGreaterThan(30);
    },
    90_000,
  );

  test.each<{ about: string; fault: Fault }>([
    { about: 'a slow line', fault: { bytesPerSecond: 40_000 } },
    { about: 'a long way', fault: { latencyMs: 60 } },
  ])('$about only takes longer', async ({ fault }) => {
    const { proxy, target } = await throughProxy(account());
    const connection = await connectSsh(target);
    proxy.fail({ up: fault, down: fault });
    const { stdout, status } = await connection.run(SCRIPT, { timeoutMs: 15_000 });
    expect([stdout.toString() === WORD, status]).toEqual([true, 7]);
    await connection.close();
    await proxy.close();
  });
});

test('a line that freezes is found out with the keepalives that hold without being asked for', async () => {
  const { proxy, target } = await throughProxy({ user: 'root' });
  const connection = await connectSsh(target);
  proxy.fail({ up: { freezeAfter: 0 }, down: { freezeAfter: 0 } });
  const started = performance.now();
  await expect(connection.run(SCRIPT, { timeoutMs: 60_000 })).rejects.toMatchObject({ code: 'ssh/lost' });
  const took = performance.now() - started;
  expect(took).toBeGreaterThan(5000);
  expect(took).toBeLessThan(17_000);
  await closeBoth(connection, proxy);
});

async function closeBoth(connection: Connection, proxy: TcpProxy): Promise<void> {
  await connection.close();
  await proxy.close();
}
