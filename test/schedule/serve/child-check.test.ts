import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { checkInChild, mendInChild } from '../../../src/schedule/serve/child-check.js';
import { systemTimers } from '../../../src/schedule/serve/system-timers.js';
import { folderWith } from '../../support/cli.js';
import { brokenReport } from '../../support/reports.js';
import { clusterWith } from './made-up-daemon.js';

/** A stand-in for the program: a script of Node that is called as `fix-flannel check` would be. */
function standIn(script: string) {
  const folder = folderWith({
    'program.mjs': HEAD + script,
    'prod.yaml': '',
    'report.txt': JSON.stringify(brokenReport()),
  });
  const place = {
    program: [process.execPath, join(folder, 'program.mjs')] as const,
    stateFolder: join(folder, 'state'),
    nonce: () => 'abc',
  };
  const cluster = clusterWith({ inventory: join(folder, 'prod.yaml'), timeoutMs: 60_000 });
  return { folder, place, cluster };
}

const HEAD = `
import { readFileSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
const args = process.argv.slice(2);
const out = args.find((arg) => arg.startsWith('--report=json=')).slice('--report=json='.length);
writeFileSync('args.txt', JSON.stringify(args));
`;
const never = new AbortController().signal;

test('a check: its words, its report, its exit status', async () => {
  const { folder, place, cluster } = standIn(`writeFileSync(out, readFileSync('report.txt')); process.exit(2);`);
  const asked = { ...cluster, options: { ofCheck: ['--skip=FF401'], ofRun: [] }, reports: ['nagios=/tmp/x'] };
  const outcome = await checkInChild(place, systemTimers)(asked, never);
  expect(outcome).toMatchObject({ kind: 'report', exitStatus: 2, report: brokenReport() });
  const state = join(folder, 'state');
  expect(JSON.parse(readFileSync(join(folder, 'args.txt'), 'utf8'))).toEqual([
    'check',
    join(folder, 'prod.yaml'),
    '--skip=FF401',
    `--report=json=${state}/serve/prod/check.json`,
    '--report=nagios=/tmp/x',
    `--state-folder=${state}`,
    '--no-color',
  ]);
});

test('a run waits for no lock, and takes what it knows of the options', async () => {
  const { folder, place, cluster } = standIn(`writeFileSync(out, readFileSync('report.txt'));`);
  const asked = { ...cluster, options: { ofCheck: ['--skip=FF401', '--user=a'], ofRun: ['--user=a'] } };
  expect(await mendInChild(place, systemTimers)(asked, never)).toMatchObject({ kind: 'report', exitStatus: 0 });
  const args = JSON.parse(readFileSync(join(folder, 'args.txt'), 'utf8'));
  expect(args.slice(0, 4)).toEqual(['run', join(folder, 'prod.yaml'), '--user=a', '--wait=0']);
});

test.each([
  ['dies without a word', 'process.exit(70);', /^it ended with exit status 70: it left no report$/],
  [
    'says why',
    `console.error('no\\nfix-flannel: bad\\u001b[31m key'); process.exit(1);`,
    /said: no fix-flannel: bad\\x1b\[31m key$/,
  ],
  ['is killed', `process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 9);`, /^it was ended by SIGKILL/],
  ['leaves half a report', `writeFileSync(out, '{"schema":'); process.exit(0);`, /^it ended with exit status 0: /],
  ['leaves another document', `writeFileSync(out, '{"schema":"x"}');`, /its report is none that can be read: schema/],
  [
    'talks without end',
    `process.stderr.write('x'.repeat(5e6), () => process.exit(1));`,
    /^it ended with exit status 1/,
  ],
])('a check that %s has failed to run', async (_, script, why) => {
  const { place, cluster } = standIn(script);
  const outcome = await checkInChild(place, systemTimers)(cluster, never);
  expect(outcome.kind).toBe('failed');
  expect(outcome.kind === 'failed' && outcome.why).toMatch(why);
  expect(outcome.kind === 'failed' && outcome.why.length).toBeLessThan(500);
});

test('the report of an earlier check is not taken for one of this', async () => {
  const { folder, place, cluster } = standIn('process.exit(1);');
  mkdirSync(join(folder, 'state/serve/prod'), { recursive: true });
  writeFileSync(join(folder, 'state/serve/prod/check.json'), JSON.stringify(brokenReport()));
  expect((await checkInChild(place, systemTimers)(cluster, never)).kind).toBe('failed');
});

test('a program that is not there', async () => {
  const { place, cluster } = standIn('');
  const gone = { ...place, program: ['/nowhere/node', 'x'] as const };
  expect(await checkInChild(gone, systemTimers)(cluster, never)).toMatchObject({
    kind: 'failed',
    why: expect.stringMatching(/^it cannot be started: .*ENOENT/),
  });
});

const CHILD = `spawn('sleep', ['1000'], { stdio: 'ignore' }).unref(); setInterval(() => {}, 1000);
writeFileSync('began', '');`;

test.each([
  ['ends when it is asked', ''],
  ['does not listen', `process.on('SIGTERM', () => {});`],
])('out of time, and it %s: it ends, with all that it started', async (_, listening) => {
  const { folder, place, cluster } = standIn(
    `${listening} const child = spawn('sleep', ['1000'], { stdio: 'ignore' }); writeFileSync('pid', String(child.pid)); setInterval(() => {}, 1000);`,
  );
  // What is out of time is told at once here: only the program's own start is waited for.
  const timers = {
    now: Date.now,
    after: (ms: number, task: () => void) => {
      const timer = setInterval(() => existsSync(join(folder, 'pid')) && stop(), ms > 30_000 ? 20 : 300);
      const stop = () => {
        clearInterval(timer);
        task();
      };
      return () => clearInterval(timer);
    },
  };
  const outcome = await checkInChild(place, timers)(cluster, never);
  expect(outcome).toMatchObject({ kind: 'failed', why: 'it was stopped, as it took longer than 60 s' });
  const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
  await expect.poll(() => isRunning(pid), { timeout: 20_000 }).toBe(false);
});

test('asked to stop: stopped is no failure', async () => {
  const { folder, place, cluster } = standIn(CHILD);
  const stopping = new AbortController();
  const outcome = checkInChild(place, systemTimers)(cluster, stopping.signal);
  while (!existsSync(join(folder, 'began'))) await pause(20);
  stopping.abort();
  expect(await outcome).toEqual({ kind: 'stopped' });
});

function isRunning(pid: number): boolean {
  try {
    // A process that has ended may wait to be collected for as long as it likes.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
