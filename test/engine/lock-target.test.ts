import { spawn } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { joinScripts, type Script, sh } from '../../src/core/script.js';
import {
  FENCED,
  fence,
  parseTargetAttempt,
  parseTargetRenewal,
  releaseTargetLock,
  renewTargetLock,
  type TargetHolding,
  takeTargetLock,
  wasFenced,
} from '../../src/engine/target-lock.js';
import { holder } from '../contract/cluster-lock.js';
import { runsInGate } from '../support/in-gate.js';
import { type LocalRun, runLocally, SHELLS } from '../support/local-shell.js';
import { SHELLS_IN_TURN } from '../support/taking-turns.js';

const base = mkdtempSync(join(tmpdir(), 'target-lock-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let folders = 0;
const newFolder = () => join(base, `f${++folders}`);

/** A host's lock as one shell sees it. */
function target(folder: string, how: LocalRun) {
  const run = (script: Script) => {
    const { stdout, stderr, status } = runLocally(script, how);
    return { stdout: stdout.toString('utf8'), stderr, status };
  };
  const take = (name: string, ttlSeconds = 60, force: string[] = []) =>
    parseTargetAttempt(run(takeTargetLock(holder(name), ttlSeconds, force, folder)).stdout, name);
  return {
    run,
    take,
    hold(name: string, ttlSeconds = 60, force: string[] = []): TargetHolding {
      const attempt = take(name, ttlSeconds, force);
      if (attempt.kind !== 'held') throw new Error(JSON.stringify(attempt));
      return attempt.holding;
    },
    renew: (holding: TargetHolding, ttlSeconds = 60) =>
      parseTargetRenewal(run(renewTargetLock(holding, ttlSeconds)).stdout),
    release: (holding: TargetHolding) => run(releaseTargetLock(holding)).status,
    /** Whether a fenced change was made. */
    change(holding: TargetHolding, secondsMore?: number): boolean {
      const said = run(joinScripts([fence(holding, secondsMore), sh`echo changed; exit 3`]));
      if (wasFenced(said)) expect(said).toMatchObject({ status: FENCED, stdout: '' });
      else expect(said).toEqual({ status: 3, stdout: 'changed\n', stderr: '' });
      return !wasFenced(said);
    },
  };
}

/** Makes a holding end that many seconds from now, by the host's clock. */
function endIn({ folder, generation }: TargetHolding, seconds: number): void {
  const path = join(folder, String(generation));
  const [first = '', ...rest] = readFileSync(path, 'utf8').split('\n');
  const until = Math.floor(Date.now() / 1000) + seconds;
  writeFileSync(path, [first.replace(/^\d+/, String(until)), ...rest].join('\n'));
}

describe.each(SHELLS_IN_TURN)('a lock on the target in $shell', ({ turn, ...shell }) => {
  test('is taken, kept from others with its holder and its time, and given back', () => {
    const on = target(newFolder(), shell);
    const holding = on.hold('first');
    expect(holding).toMatchObject({ generation: 1, run: 'first' });
    const taken = on.take('second');
    expect(taken).toEqual({ kind: 'taken', by: holder('first'), secondsLeft: expect.any(Number) });
    expect(taken.kind === 'taken' && taken.secondsLeft).toBeGreaterThan(50);
    expect(on.release(holding)).toBe(0);
    expect(on.hold('second').generation).toBe(2);
  });

  test('lets a change through only while it is held', () => {
    const on = target(newFolder(), shell);
    const holding = on.hold('first');
    expect(on.change(holding)).toBe(true);
    expect(on.change({ ...holding, run: 'other' })).toBe(false);
    on.release(holding);
    expect(on.change(holding)).toBe(false);
    expect(on.renew(holding)).toBe(false);
    const next = on.hold('second');
    expect(on.change(holding)).toBe(false);
    expect(on.change(next)).toBe(true);
  });

  test('that has ended is taken by another, and its holder changes nothing more', () => {
    const on = target(newFolder(), shell);
    const holding = on.hold('slow');
    endIn(holding, -1);
    expect(on.change(holding)).toBe(false);
    const next = on.hold('next');
    expect(next.generation).toBe(2);
    expect([on.change(holding), on.renew(holding), on.change(next)]).toEqual([false, false, true]);
    on.release(holding);
    expect(on.change(next)).toBe(true);
  });

  turn('that has ended while nobody took it is renewed', () => {
    const on = target(newFolder(), shell);
    const holding = on.hold('late');
    endIn(holding, -100);
    expect(on.renew(holding)).toBe(true);
    expect(on.change(holding)).toBe(true);
    expect(on.take('other')).toMatchObject({ kind: 'taken', by: { run: 'late' } });
  });

  turn('taken again by its own run is the same one, prolonged', () => {
    const on = target(newFolder(), shell);
    const holding = on.hold('same', 60);
    endIn(holding, 2);
    expect(on.hold('same', 60)).toEqual(holding);
    expect(on.take('other')).toMatchObject({ secondsLeft: expect.toSatisfy((left) => (left as number) > 50) });
  });

  turn('of a run that is known to be gone is overridden, and only of that', () => {
    const on = target(newFolder(), shell);
    const holding = on.hold('run-12');
    for (const force of [['run-1'], ['run'], ['12'], ['run-123', 'x']]) {
      expect(on.take('next', 60, force).kind).toBe('taken');
    }
    expect(on.hold('next', 60, ['other', 'run-12']).generation).toBe(2);
    expect(on.change(holding)).toBe(false);
  });

  turn('is left as it is by a fence while it lasts nearly as long', () => {
    const folder = newFolder();
    const host = target(folder, shell);
    const holding = host.hold('one', 60);
    const file = join(folder, String(holding.generation));
    const written = () => readFileSync(file, 'utf8').split(' ')[1];
    for (const [seconds, less, ttl] of [
      [65, 10, '60'],
      [75, 10, '75'],
      [80, 10, '75'],
      [80, 0, '80'],
    ] as const) {
      expect(host.run(joinScripts([fence(holding, seconds, less), sh`echo changed`])).stdout).toBe('changed\n');
      expect(written()).toBe(ttl);
    }
  });

  turn('is prolonged by its fence for as long as the change may take', () => {
    const on = target(newFolder(), shell);
    const holding = on.hold('first', 5);
    expect(on.change(holding, 600)).toBe(true);
    expect(on.take('other')).toMatchObject({ by: holder('first'), secondsLeft: expect.toSatisfy((n) => n > 500) });
  });

  turn.each([
    { about: 'ends a little ahead of its time to live', ahead: 100, kind: 'taken' },
    { about: 'ends a day ahead: the clock was set back since', ahead: 86_400, kind: 'held' },
  ])('that $about is $kind', ({ ahead, kind }) => {
    const on = target(newFolder(), shell);
    endIn(on.hold('first', 60), ahead);
    expect(on.take('next').kind).toBe(kind);
  });

  turn.each(['', '\n', 'x y z\n', '99999999999999999999 1 r\n', '-5 1 r\n', '$(touch /tmp/x) `id` ;\n'])(
    'whose file holds %j is free',
    (text) => {
      const on = target(newFolder(), shell);
      const { folder, generation } = on.hold('first');
      writeFileSync(join(folder, String(generation)), text);
      expect(on.hold('next').generation).toBe(2);
    },
  );

  turn('takes no notice of other names in its folder', () => {
    const on = target(newFolder(), shell);
    const { folder } = on.hold('first');
    for (const name of ['9a', '09', '-1', '1 2', '5\n6', '$(id)', '99999999999999999999'])
      writeFileSync(join(folder, name), '');
    expect(on.take('next')).toMatchObject({ kind: 'taken', by: { run: 'first' } });
  });

  turn('keeps no more than the last generations', () => {
    const on = target(newFolder(), shell);
    let last = on.hold('run-1');
    // Given back they are empty; the last ones are really taken and given back.
    for (let n = 2; n <= 27; n++) writeFileSync(join(last.folder, String(n)), '');
    while (last.generation < 30) {
      last = on.hold('next');
      on.release(last);
    }
    expect(last.generation).toBe(30);
    const names = readdirSync(last.folder);
    expect(names.length).toBeLessThanOrEqual(21);
    expect(names.every((name) => /^\d+$/.test(name))).toBe(true);
  });

  test('is refused where the folder is a link, or cannot be made', () => {
    const elsewhere = newFolder();
    mkdirSync(elsewhere);
    const link = newFolder();
    symlinkSync(elsewhere, link);
    expect(target(link, shell).take('first')).toEqual({
      kind: 'refused',
      why: `${link} is a link, or belongs to somebody else`,
    });
    expect(readdirSync(elsewhere)).toEqual([]);
    expect(target('/proc/nope/lock', shell).take('first')).toMatchObject({ kind: 'refused' });
  });

  test.skipIf(userInfo().uid !== 0)("is refused where the folder is somebody else's", () => {
    const folder = newFolder();
    mkdirSync(folder);
    const on = target(folder, shell);
    expect(on.run(sh`chown 65534 ${folder}`).status).toBe(0);
    expect(on.take('first')).toMatchObject({ kind: 'refused', why: expect.stringContaining('somebody else') });
    expect(readdirSync(folder)).toEqual([]);
  });

  turn('makes a folder for nobody else', () => {
    const folder = newFolder();
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    const on = target(folder, shell);
    on.hold('first');
    expect(on.run(sh`ls -ld ${folder}`).stdout).toMatch(/^drwx------/);
  });

  turn('has a holder with quotes, controls and no end', () => {
    const on = target(newFolder(), shell);
    const odd = { ...holder('odd'), by: `'"$(id)\u0000\n\\n%s\u001b[2J`, why: 'x'.repeat(100_000) };
    const { stdout } = on.run(takeTargetLock(odd, 60, [], join(base, `f${folders}`)));
    expect(parseTargetAttempt(stdout, 'odd').kind).toBe('held');
    const taken = on.take('next');
    expect(taken).toMatchObject({
      by: { by: `'"$(id)\\x00\\n\\n%s\\x1b[2J`, why: expect.stringMatching(/^x{299}…$/) },
    });
  });
});

describe('what a host says', () => {
  test.each([
    '',
    'held',
    'held 0 /x',
    'held 01 /x',
    'held 1 relative',
    'held 9999999999999999 /x',
    'taken',
    'taken x',
    'refused ',
  ])('%j is no answer', (stdout) => {
    expect(() => parseTargetAttempt(stdout, 'run')).toThrow(expect.objectContaining({ code: 'host/unreadable' }));
    expect(() => parseTargetRenewal(stdout)).toThrow(expect.objectContaining({ code: 'host/unreadable' }));
  });

  test.each(['', 'a b', '-x', '../x', 'a'.repeat(65), '*'])('%j is no run', (run) => {
    expect(() => takeTargetLock(holder(run), 60)).toThrow(RangeError);
    expect(() => takeTargetLock(holder('x'), 60, [run])).toThrow(RangeError);
  });
});

const RACERS = runsInGate(60);
const TRIES = runsInGate(20);
const ROUNDS = Number(process.env.LOCK_RACE_ROUNDS ?? runsInGate(10));

describe.each(SHELLS.filter(({ shell }) => shell !== 'bash as sh'))('a race of many in $shell', (shell) => {
  /** One shell that tries `rounds` times, as soon as the others are ready, and holds what it gets for a moment. */
  function racer(folder: string, script: Script): Promise<string> {
    const child = spawn(shell.argv[0] as string, [...shell.argv.slice(1), '-c', script.text], {
      cwd: folder,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', ...shell.env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    return new Promise((resolve) => child.once('close', () => resolve(out)));
  }

  test(`${ROUNDS} rounds of ${RACERS}: each generation has one holder`, { timeout: 600_000 }, async () => {
    const folder = newFolder();
    mkdirSync(folder);
    let generation = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const names = Array.from({ length: RACERS }, (_, n) => `r${round}-${n}`);
      const said = await Promise.all(names.map((name) => racer(folder, takeTargetLock(holder(name), 60, [], folder))));
      const attempts = said.map((stdout, n) => parseTargetAttempt(stdout, names[n] as string));
      const winners = attempts.flatMap((attempt) => (attempt.kind === 'held' ? [attempt.holding] : []));
      expect(attempts.filter(({ kind }) => kind === 'refused')).toEqual([]);
      expect(winners).toHaveLength(1);
      const [winner] = winners as [TargetHolding];
      expect(winner.generation).toBe(++generation);
      expect(attempts.filter((a) => a.kind === 'taken').map((a) => a.kind === 'taken' && a.by?.run)).toEqual(
        Array(RACERS - 1).fill(winner.run),
      );
      // Given back, or over: in both cases the next round is free for one.
      if (round % 2 === 0) runLocally(releaseTargetLock(winner), shell);
      else endIn(winner, -1);
    }
    expect(readdirSync(folder).every((name) => /^\d+$/.test(name))).toBe(true);
  });

  test('many that take, change and give back at will never change at the same time', { timeout: 600_000 }, async () => {
    const folder = newFolder();
    const work = newFolder();
    mkdirSync(work);
    const loop = (name: string) => {
      const take = takeTargetLock(holder(name), 60, [], folder);
      // `busy` can be made only by one at a time: a second that is inside finds it there.
      const change = sh`[ "$g" ] && { mkdir busy && echo in || echo TWICE; rmdir busy; : >${folder}/"$g"; }`;
      return joinScripts([
        sh`tries=0; while [ "$tries" -lt ${TRIES} ]; do tries=$((tries + 1))`,
        sh`a=$(`,
        take,
        sh`)`,
        sh`case $a in held*) g=$(echo "$a" | cut -d' ' -f2);; refused*) echo "$a"; g=;; *) g=;; esac`,
        change,
        sh`done`,
      ]);
    };
    const said = await Promise.all(Array.from({ length: RACERS }, (_, n) => racer(work, loop(`w${n}`))));
    const lines = said.join('').split('\n').filter(Boolean);
    expect(lines.filter((line) => line !== 'in')).toEqual([]);
    expect(lines.length).toBeGreaterThan((RACERS * TRIES) / 50);
    expect(Math.max(...readdirSync(folder).map(Number))).toBe(lines.length);
  });

  test('racers that are killed at any moment block nobody', { timeout: 600_000 }, async () => {
    const folder = newFolder();
    mkdirSync(folder);
    for (let round = 0; round < ROUNDS; round++) {
      const children = Array.from({ length: 10 }, (_, n) =>
        spawn(
          shell.argv[0] as string,
          [...shell.argv.slice(1), '-c', takeTargetLock(holder(`k${round}-${n}`), 60, [], folder).text],
          {
            env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', ...shell.env },
            stdio: 'ignore',
          },
        ),
      );
      const ended = children.map((child) => new Promise((resolve) => child.once('close', resolve)));
      for (const [n, child] of children.entries()) setTimeout(() => child.kill('SIGKILL'), (n * 7 + round * 3) % 40);
      await Promise.all(ended);
      const force = Array.from({ length: 10 }, (_, n) => `k${round}-${n}`);
      const on = target(folder, shell);
      const holding = on.hold(`after-${round}`, 60, force);
      expect(on.change(holding)).toBe(true);
      expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
      on.release(holding);
    }
  });
});
