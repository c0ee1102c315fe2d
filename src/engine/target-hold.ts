import { mapLimit } from '../core/concurrency.js';
import type { Connection, RunOptions } from '../core/connection.js';
import { FixError } from '../core/error.js';
import { joinScripts, type Script } from '../core/script.js';
import type { LockHolder } from '../flannel/cluster-lock.js';
import { holderInWords } from '../flannel/lock-holder.js';
import type { Applier } from './apply.js';
import type { Held, HostRun } from './host-run.js';
import { type Road, type Run, roadKey } from './run.js';
import {
  fence,
  parseTargetAttempt,
  releaseTargetLock,
  type TargetHolding,
  takeTargetLock,
  wasFenced,
} from './target-lock.js';
import { type Answer, runTogether } from './together.js';

/** Between two looks at a lock that another run holds. */
const POLL_MS = 1000;

/**
 * What carries out changes on a host only while this run holds the host and its clusters: the host itself ends a
 * script otherwise. That is so of connections that are opened on the way, too.
 *
 * @param road who changes are made as, and over what; the lock is that user's
 * @param look only looks, and is asked in the exchange that takes the lock, where that has to be taken
 * @returns besides, what the host said to `look` once the lock was ours; undefined where it was not asked
 * @throws FixError `lock/held`, `lock/lost`
 */
export async function holdTarget(
  run: Run,
  host: HostRun,
  road: Road,
  applier: Applier,
  look: readonly Script[] = [],
): Promise<{ locked: Applier; said: readonly Answer[] | undefined }> {
  const known = host.holdings.get(roadKey(road));
  const taken = known === undefined ? takeFor(run, host, road, applier.connection, look) : undefined;
  const held = await (known ?? (taken?.held as Promise<Held>));
  return { locked: behindItsLock(run, host, held, applier), said: await taken?.said() };
}

function behindItsLock(run: Run, host: HostRun, held: Held, applier: Applier): Applier {
  const behindFence = (connection: Connection) =>
    fenced(connection, {
      holding: () => held.holding,
      ttlSeconds: run.settings.lockTtlSeconds,
      assertHeld: () => run.hold.assertHeld(),
      retake: async () => {
        held.holding = await retake(run, host.name, held, connection);
        held.mayHaveBooted = false;
      },
    });
  return {
    ...applier,
    connection: behindFence(applier.connection),
    newConnection: async () => behindFence(await applier.newConnection()),
    // A host that was started anew holds no lock, and what is asked there changes nothing.
    async reconnect() {
      for (const one of await Promise.all(host.holdings.values())) one.mayHaveBooted = true;
      return applier.reconnect();
    },
  };
}

/** Gives back what was held on all hosts. What cannot be given back ends by itself. */
export async function releaseTargets(run: Run): Promise<void> {
  const held = [...run.hosts.values()].flatMap((host) => [...host.holdings].map(([, one]) => ({ host, one })));
  await mapLimit(held, run.settings.forks, async ({ host, one }) => {
    if (host.state === 'unreachable') return;
    try {
      const { holding, road } = await one;
      const connection = await run.connectionOf(host, road);
      await connection.run(releaseTargetLock(holding), { timeoutMs: run.settings.scriptTimeoutMs });
    } catch {
      // Its time to live ends it.
    }
  });
}

interface Fence {
  holding(): TargetHolding;
  readonly ttlSeconds: number;
  /** Of the clusters' locks: opening a connection, or a stopped process, may have taken long. */
  assertHeld(): void;
  /** Takes again what ended while this run did nothing for long. */
  retake(): Promise<unknown>;
}

function fenced(connection: Connection, { holding, ttlSeconds, assertHeld, retake }: Fence): Connection {
  const run = async (script: Script, options: RunOptions) => {
    assertHeld();
    const seconds = ttlSeconds + Math.ceil(options.timeoutMs / 1000);
    return connection.run(joinScripts([fence(holding(), seconds, Math.floor(ttlSeconds / 3)), script]), options);
  };
  return {
    host: connection.host,
    async run(script, options) {
      const ended = await run(script, options);
      if (!wasFenced(resultText(ended))) return ended;
      assertHeld();
      await retake();
      const again = await run(script, options);
      if (wasFenced(resultText(again))) throw lost(connection.host);
      return again;
    },
    tunnel: (host, port) => connection.tunnel(host, port),
    close: () => connection.close(),
  };
}

function resultText({ status, stderr }: { status: number; stderr: Buffer }) {
  return { status, stderr: stderr.toString('utf8') };
}

/**
 * A holding that ended unnoticed may go on only where nobody had the host in between: ours is the next one, or the
 * first one of a host that this run had booted, which forgets its locks.
 */
async function retake(run: Run, host: string, held: Held, connection: Connection): Promise<TargetHolding> {
  const attempt = await attemptAt(run, connection, []);
  if (attempt.kind !== 'held') throw lost(host);
  const { generation } = attempt.holding;
  const isNext = generation === held.holding.generation + 1;
  if (!isNext && !(held.mayHaveBooted && generation === 1)) throw lost(host);
  return attempt.holding;
}

/** Tasks that come to the host at the same time share what the first of them takes. */
function takeFor(run: Run, host: HostRun, road: Road, connection: Connection, look: readonly Script[]) {
  const key = roadKey(road);
  const taking = take(run, host.name, connection, look);
  const held = taking.then(({ holding }): Held => ({ road, holding }));
  host.holdings.set(key, held);
  held.catch(() => host.holdings.delete(key));
  return { held, said: () => taking.then(({ said }) => said) };
}

async function take(run: Run, host: string, connection: Connection, look: readonly Script[]) {
  const end = run.world.elapsedMs() + run.settings.lockWaitMs;
  const force: string[] = [];
  for (let told = false; ; ) {
    const attempt = await attemptAt(run, connection, force, look);
    if (attempt.kind === 'held') return attempt;
    if (attempt.kind === 'refused') throw refused(host, attempt.why);
    const { by, secondsLeft } = attempt;
    if (by !== undefined && run.world.isGone(by) === true && !force.includes(by.run)) {
      force.push(by.run);
      continue;
    }
    if (run.world.elapsedMs() >= end || run.stop.asked) throw taken(host, by, secondsLeft);
    if (!told) run.emit({ kind: 'warning', message: `${host} is held by ${holderInWords(by)}; waiting for it` });
    told = true;
    await run.world.sleep(POLL_MS);
  }
}

async function attemptAt(
  { world, settings }: Run,
  connection: Connection,
  force: readonly string[],
  look: readonly Script[] = [],
) {
  const holder = world.holder(settings.header.id);
  const script = takeTargetLock(holder, settings.lockTtlSeconds, force, settings.targetLockFolder);
  const parts = [script, ...look].map((one) => ({ script: one }));
  const options = { nonce: world.nonce(), timeoutMs: settings.scriptTimeoutMs };
  const [taking, ...said] = (await runTogether(connection, parts, options)).answers;
  return { ...parseTargetAttempt(taking?.stdout.toString('utf8') ?? '', holder.run), said };
}

function taken(host: string, by: LockHolder | undefined, secondsLeft: number | undefined): FixError {
  const ends = secondsLeft === undefined ? '' : ` It ends in ${secondsLeft} s unless that run is alive.`;
  return new FixError('lock/held', `${host} is held by ${holderInWords(by)}`, {
    hint: `Nothing was changed there.${ends} Wait for it with --wait 5m.`,
    at: host,
  });
}

function refused(host: string, why: string): FixError {
  return new FixError('lock/held', `no lock can be taken on ${host}: ${why}`, {
    hint: 'Nothing was changed there. A folder for the lock is needed under /run, or under /tmp for other users.',
    at: host,
  });
}

function lost(host: string): FixError {
  return new FixError('lock/lost', `another run has taken ${host} over`, {
    hint: 'Nothing more was changed there. Look with `fix-flannel check` once that run has ended.',
    at: host,
  });
}
