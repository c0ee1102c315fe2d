import { expect, test } from 'vitest';
import { brokenReport, findingWith, notEvaluatedReport, reportWith, soundReport } from '../../support/reports.js';
import { settled } from './fake-time.js';
import { clusterWith, configWith, HOOK, HOUR, MadeUpDaemon, MINUTE } from './made-up-daemon.js';

const kinds = (daemon: MadeUpDaemon) => daemon.news.map(({ kind, line }) => `${kind}: ${line}`);
const skipped = (daemon: MadeUpDaemon, name = 'prod') => daemon.daemon.find(name)?.served.status.skipped;

test('an hour in which a fault comes and goes: twelve checks and more, two messages', async () => {
  const made = new MadeUpDaemon(configWith());
  made.sees = (_, minute) => (minute >= 15 && minute < 40 ? brokenReport() : soundReport());
  await made.time.pass(HOUR);
  expect(made.minutes()).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60]);
  expect(kinds(made)).toEqual(['changed: 2 errors on 3 hosts.', `changed: ${soundReport().verdict.line}`]);
  expect(made.news[0]?.began.map(({ id, host }) => `${id} ${host}`)).toContain('FF101 node1');
  expect(made.news[1]?.ended.map(({ id }) => id)).toContain('FF102');
  expect(made.news[1]?.began).toEqual([]);
});

test.each([
  ['a sound cluster is no news at all', () => soundReport(), []],
  ['a fault that was there at first is news once', () => brokenReport(), ['changed']],
  ['what cannot be evaluated is news once', () => notEvaluatedReport(), ['changed']],
  ['a check that dies is news once, not each time', () => 'dies' as const, ['check-failed']],
  [
    'a check that dies for a while: when it begins, when it is over',
    (_: string, minute: number) => (minute >= 20 && minute < 40 ? ('dies' as const) : soundReport()),
    ['check-failed', 'changed'],
  ],
  [
    'the same fault before and after a check that died: told of the death and of its end only',
    (_: string, minute: number) => (minute === 20 ? ('dies' as const) : brokenReport()),
    ['changed', 'check-failed', 'changed'],
  ],
  [
    'a fault that flaps is news each time it changes',
    (_: string, minute: number) => ((minute / 5) % 2 === 1 ? brokenReport() : soundReport()),
    Array.from({ length: 11 }, () => 'changed'),
  ],
])('%s', async (_, sees, told) => {
  const made = new MadeUpDaemon(configWith());
  made.sees = sees;
  await made.time.pass(HOUR);
  expect(made.minutes()).toHaveLength(13);
  expect(made.news.map(({ kind }) => kind)).toEqual(told);
});

test('a cluster never overlaps itself: what falls due meanwhile is skipped and counted', async () => {
  const made = new MadeUpDaemon(configWith({ clusters: [clusterWith(), clusterWith({ name: 'other' })] }));
  made.seconds = 12 * 60;
  await made.time.pass(HOUR);
  expect(made.minutes()).toEqual([0, 15, 30, 45, 60]);
  expect(made.minutes('other')).toEqual([0, 15, 30, 45, 60]);
  expect(skipped(made)).toBe(8);
});

test('so many clusters at once, each in its turn', async () => {
  const clusters = ['a', 'b', 'c'].map((name) => clusterWith({ name, when: { kind: 'every', ms: HOUR } }));
  const made = new MadeUpDaemon(configWith({ clusters, atOnce: 1 }));
  made.seconds = 120;
  await made.time.pass(10 * MINUTE);
  expect(made.checks).toEqual([
    { cluster: 'a', minute: 0 },
    { cluster: 'b', minute: 2 },
    { cluster: 'c', minute: 4 },
  ]);
});

test('cron in a timezone: at its minutes, not at the start', async () => {
  const when = { kind: 'cron', pattern: '20,50 11 * * *', timezone: 'Europe/Berlin' } as const;
  const made = new MadeUpDaemon(configWith({ clusters: [clusterWith({ when })] }));
  await made.time.pass(3 * HOUR);
  expect(made.minutes()).toEqual([20, 50]);
});

test('jitter: later than the slot by its own part and by luck, never by more than was asked', async () => {
  const cron = { kind: 'cron', pattern: '0 * * * *', timezone: 'UTC' } as const;
  const clusters = ['a', 'b'].map((name) => clusterWith({ name, when: cron, jitterMs: 10 * MINUTE }));
  const made = new MadeUpDaemon(configWith({ clusters }));
  await made.time.pass(2 * HOUR + 10 * MINUTE);
  const [first, second] = made.minutes('a');
  expect(made.minutes('a')).toHaveLength(2);
  expect(first).toBeGreaterThan(60);
  expect(first).toBeLessThan(65);
  expect((second ?? 0) - (first ?? 0)).toBe(60);
  expect(made.minutes('b')[0]).not.toBe(first);
});

test('after a sleep what was missed is done once, and the rhythm stays', async () => {
  const made = new MadeUpDaemon(configWith());
  await made.time.pass(7 * MINUTE);
  made.time.jump(40 * MINUTE);
  await made.time.pass(10 * MINUTE);
  const minutes = made.minutes();
  expect(minutes).toHaveLength(5);
  expect(minutes[2]).toBeGreaterThanOrEqual(47);
  expect(minutes[2]).toBeLessThan(48);
  expect(minutes.slice(3)).toEqual([50, 55]);
});

test.each([
  ['every', { kind: 'every', ms: HOUR } as const, [150]],
  ['cron', { kind: 'cron', pattern: '0 * * * *', timezone: 'UTC' } as const, [150]],
])('a time that the daemon was down at is made up for once: %s', async (_, when, first) => {
  const config = configWith({ clusters: [clusterWith({ when })] });
  const before = new MadeUpDaemon(config);
  await before.time.pass(65 * MINUTE);
  await before.daemon.stop();
  before.time.jump(85 * MINUTE);
  const after = new MadeUpDaemon(config, { time: before.time, stores: before.stores });
  await after.time.pass(20 * MINUTE);
  expect(after.minutes()).toEqual(first);
});

test('a daemon that was down for a moment checks nothing before it is due', async () => {
  const before = new MadeUpDaemon(configWith());
  await before.time.pass(6 * MINUTE);
  await before.daemon.stop();
  const after = new MadeUpDaemon(configWith(), { time: before.time, stores: before.stores });
  await after.time.pass(3 * MINUTE);
  expect(after.minutes()).toEqual([]);
  await after.time.pass(2 * MINUTE);
  expect(after.minutes()).toEqual([10]);
});

test('the same fault before and after a restart is no news', async () => {
  const before = new MadeUpDaemon(configWith());
  before.sees = () => brokenReport();
  await before.time.pass(6 * MINUTE);
  await before.daemon.stop();
  const after = new MadeUpDaemon(configWith(), { time: before.time, stores: before.stores });
  after.sees = () => brokenReport();
  await after.time.pass(HOUR);
  expect(before.news).toHaveLength(1);
  expect(after.checks.length).toBeGreaterThan(10);
  expect(after.news).toEqual([]);
});

test('a clock that is put back holds no check off', async () => {
  const made = new MadeUpDaemon(configWith());
  await made.time.pass(6 * MINUTE);
  made.time.jump(-3 * HOUR);
  await made.time.pass(11 * MINUTE);
  expect(made.checks.length).toBeGreaterThanOrEqual(4);
});

test('reload: new clusters come, others go, the rest keep their rhythm', async () => {
  const made = new MadeUpDaemon(configWith({ clusters: [clusterWith(), clusterWith({ name: 'leaves' })] }));
  await made.time.pass(7 * MINUTE);
  made.daemon.reload(configWith({ clusters: [clusterWith({ timeoutMs: MINUTE }), clusterWith({ name: 'comes' })] }));
  await made.time.pass(6 * MINUTE);
  expect(made.minutes()).toEqual([0, 5, 10]);
  expect(made.minutes('leaves')).toEqual([0, 5]);
  expect(made.minutes('comes')).toEqual([7, 12]);
  expect(made.daemon.statuses().map(({ cluster }) => cluster.name)).toEqual(['prod', 'comes']);
});

test('a cluster that leaves and comes back while it is checked is not checked twice at once', async () => {
  const made = new MadeUpDaemon(configWith());
  made.seconds = 600;
  await made.time.pass(MINUTE);
  made.daemon.reload(configWith({ clusters: [clusterWith({ name: 'other' })] }));
  made.daemon.reload(configWith());
  await made.time.pass(5 * MINUTE);
  expect(made.minutes()).toEqual([0]);
});

test('reload: news goes where the new file says, and more may work at once', async () => {
  const clusters = ['a', 'b'].map((name) => clusterWith({ name }));
  const made = new MadeUpDaemon(configWith({ clusters, atOnce: 1, webhooks: [] }));
  made.seconds = 60;
  made.sees = (_, minute) => (minute < 5 ? soundReport() : brokenReport());
  await made.time.pass(4 * MINUTE);
  expect(made.checks.map(({ minute }) => minute)).toEqual([0, 1]);
  made.daemon.reload(configWith({ clusters: clusters.map((one) => ({ ...one, webhooks: [HOOK] })), atOnce: 2 }));
  await made.time.pass(3 * MINUTE);
  expect(made.checks.map(({ minute }) => minute)).toEqual([0, 1, 5, 5]);
  expect(made.news.map(({ cluster }) => cluster)).toEqual(['a', 'b']);
});

test('stop: nothing new begins, what runs is stopped, and is done again after the next start', async () => {
  const made = new MadeUpDaemon(configWith());
  made.seconds = 120;
  await made.time.pass(6 * MINUTE);
  await made.daemon.stop();
  await made.time.pass(HOUR);
  expect(made.minutes()).toEqual([0, 5]);
  expect(made.events.map(({ event }) => event)).toContain('check stopped');
  expect(made.news).toEqual([]);
  const after = new MadeUpDaemon(configWith(), { time: made.time, stores: made.stores });
  await settled();
  expect(after.checks).toHaveLength(1);
});

test('a disk that is full ends nothing, and makes no news of what is old', async () => {
  const made = new MadeUpDaemon(configWith());
  made.sees = () => brokenReport();
  made.store('prod').isFull = true;
  await made.time.pass(11 * MINUTE);
  expect(made.minutes()).toEqual([0, 5, 10]);
  expect(made.events.map(({ event }) => event)).toContain('trouble');
  expect(made.news).toHaveLength(1);
});

test('health: well, and not when clusters wait for more than two periods, or the clock was not looked at', async () => {
  const made = new MadeUpDaemon(configWith({ clusters: [clusterWith(), clusterWith({ name: 'waits' })], atOnce: 1 }));
  made.seconds = 25 * 60;
  await made.time.pass(9 * MINUTE);
  expect(made.daemon.health()).toEqual({ isAlive: true, overdue: [] });
  await made.time.pass(2 * MINUTE);
  expect(made.daemon.health()).toEqual({ isAlive: true, overdue: ['waits'] });
  await made.time.pass(HOUR);
  made.time.jump(10 * MINUTE);
  expect(made.daemon.health().isAlive).toBe(false);
});

const MENDED = { after: 3, only: ['FF101'], timeoutMs: HOUR };

test.each([
  ['never where it is not written', undefined, () => brokenReport(), []],
  ['after three checks in a row, and once for all of the episode', MENDED, () => brokenReport(), [10]],
  ['not for a check that is not named', { ...MENDED, only: ['FF103'] }, () => brokenReport(), []],
  [
    'not where nothing of the playbook mends it',
    MENDED,
    () => reportWith({ findings: [findingWith({ task: null })] }),
    [],
  ],
  [
    'not for what is waived',
    MENDED,
    () => reportWith({ findings: [findingWith({ waivedHosts: ['node1', 'node2', 'node3'] })] }),
    [],
  ],
  [
    'not where it goes and comes',
    MENDED,
    (_: string, minute: number) => (minute % 15 === 10 ? soundReport() : brokenReport()),
    [],
  ],
  [
    'not over a check that died: it saw nothing',
    MENDED,
    (_: string, minute: number) => (minute % 15 === 10 ? ('dies' as const) : brokenReport()),
    [],
  ],
  [
    'again in a new episode',
    MENDED,
    (_: string, minute: number) => (minute === 30 ? soundReport() : brokenReport()),
    [10, 45],
  ],
  [
    'not again after a check that could not look',
    MENDED,
    (_: string, minute: number) => (minute === 30 ? notEvaluatedReport() : brokenReport()),
    [10],
  ],
  [
    'not again where the fault only moves to other hosts',
    MENDED,
    (_: string, minute: number) =>
      minute < 30
        ? brokenReport()
        : reportWith({ findings: [findingWith({ hosts: ['node1', 'node2'], fingerprint: '0909090909090909' })] }),
    [10],
  ],
])('remediate: %s', async (_, remediate, sees, minutes) => {
  const made = new MadeUpDaemon(configWith({ clusters: [clusterWith({ remediate })] }));
  made.seconds = 0;
  made.sees = sees;
  await made.time.pass(HOUR);
  expect(made.runs.map(({ minute }) => minute)).toEqual(minutes);
  expect(made.news.filter(({ kind }) => kind === 'mended')).toHaveLength(minutes.length);
});

test('remediate: not twice over a restart, and not at all where that could not be remembered', async () => {
  const config = configWith({ clusters: [clusterWith({ remediate: MENDED })] });
  const before = new MadeUpDaemon(config);
  before.sees = () => brokenReport();
  before.store('prod').isFull = true;
  await before.time.pass(12 * MINUTE);
  expect(before.runs).toEqual([]);
  before.store('prod').isFull = false;
  await before.time.pass(5 * MINUTE);
  expect(before.runs).toHaveLength(1);
  await before.daemon.stop();
  const after = new MadeUpDaemon(config, { time: before.time, stores: before.stores });
  after.sees = () => brokenReport();
  await after.time.pass(HOUR);
  expect(after.runs).toEqual([]);
});

test('remediate: no check of the cluster while it is mended', async () => {
  const made = new MadeUpDaemon(configWith({ clusters: [clusterWith({ remediate: { ...MENDED, after: 2 } })] }));
  made.seconds = 4 * 60;
  made.sees = () => brokenReport();
  await made.time.pass(20 * MINUTE);
  expect(made.minutes()).toEqual([0, 5, 15, 20]);
  expect(made.runs).toEqual([{ cluster: 'prod', minute: 9 }]);
});
