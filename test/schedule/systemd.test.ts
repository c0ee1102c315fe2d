import { describe, expect, test } from 'vitest';
import { scheduleStatus } from '../../src/schedule/schedule-status.js';
import { type Ended, openSystemd, type RunProgram, runProgram } from '../../src/schedule/systemd.js';

const OFFLINE =
  "System has not been booted with systemd as init system (PID 1). Can't operate.\nFailed to connect to bus: Host is down\n";

function answering(answers: Readonly<Record<string, Partial<Ended> | 'missing'>>) {
  const asked: string[] = [];
  const run: RunProgram = async (program, args) => {
    const line = [program, ...args].join(' ');
    asked.push(line);
    const answer = Object.entries(answers).find(([part]) => line.includes(part))?.[1] ?? {};
    return answer === 'missing' ? answer : { status: 0, stdout: '', stderr: '', ...answer };
  };
  return { asked, systemd: openSystemd('user', run) };
}

describe('systemd', () => {
  test('answers for the user that is meant', async () => {
    const { asked, systemd } = answering({ Version: { stdout: 'Version=252.39\n' } });
    expect(await systemd.whyAway()).toBeUndefined();
    expect(asked).toEqual(['systemctl --user --no-ask-password show --property=Version']);
  });

  test.each([
    { about: 'not installed', answer: 'missing' as const, why: 'systemctl is not installed' },
    { about: 'not booted', answer: { status: 1, stderr: OFFLINE }, why: OFFLINE.split('\n')[0] },
    { about: 'mute', answer: { status: 0 }, why: 'it ended with 0' },
    { about: 'hostile', answer: { status: 1, stderr: '\u001b[2Jx' }, why: '\\x1b[2Jx' },
  ])('that is $about says why', async ({ answer, why }) =>
    expect(await answering({ Version: answer }).systemd.whyAway()).toBe(why),
  );

  test('says when a calendar comes next', async () => {
    const stdout =
      '  Original form: hourly\nNormalized form: *-*-* *:00:00\n    Next elapse: Mon 2026-11-30 02:00:00 UTC\n       From now: 44min left\n';
    expect(await answering({ calendar: { stdout } }).systemd.nextOf('hourly')).toBe('Mon 2026-11-30 02:00:00 UTC');
    expect(await answering({ calendar: 'missing' }).systemd.nextOf('hourly')).toBe('unknown');
  });

  test.each([
    {
      about: 'is none',
      answer: { status: 1, stderr: "Failed to parse calendar specification 'x': Invalid argument\n" },
      says: 'systemd says: Failed to parse',
    },
    {
      about: 'is past',
      answer: { stdout: '  Original form: 2020-01-01\n    Next elapse: never\n' },
      says: 'never comes',
    },
  ])('refuses a calendar that $about', async ({ answer, says }) => {
    const asked = answering({ calendar: answer }).systemd.nextOf('x');
    await expect(asked).rejects.toMatchObject({ code: 'cli/usage', hint: expect.stringContaining(says) });
  });

  test('that refuses is told of, with a way out', async () => {
    const { systemd } = answering({ enable: { status: 1, stderr: 'Failed to enable unit: Access denied\n' } });
    await expect(systemd.tell('enable', 'x.timer')).rejects.toMatchObject({
      code: 'schedule/units',
      message: '`systemctl enable x.timer` failed: Failed to enable unit: Access denied',
    });
  });

  test('runs programs without a shell, and knows those that there are not', async () => {
    expect(await runProgram('printf', ['%s', '$HOME; id'])).toMatchObject({ status: 0, stdout: '$HOME; id' });
    expect(await runProgram('false', [])).toMatchObject({ status: 1 });
    expect(await runProgram('no-such-program-anywhere', [])).toBe('missing');
  });
});

// As systemd 252 printed them in a guest of the lab, under TZ=UTC.
const TIMER =
  'NextElapseUSecRealtime=Mon 2026-11-30 01:42:20 UTC\nLastTriggerUSec=Mon 2026-11-30 01:42:00 UTC\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n';
const FAILED =
  'Result=exit-code\nExecMainStartTimestamp=Mon 2026-11-30 01:42:00 UTC\nExecMainExitTimestamp=Mon 2026-11-30 01:42:01 UTC\nExecMainCode=1\nExecMainStatus=2\nActiveState=failed\n';
const RUNNING =
  'Result=success\nExecMainStartTimestamp=Mon 2026-11-30 01:43:20 UTC\nExecMainExitTimestamp=\nExecMainCode=0\nExecMainStatus=0\nActiveState=activating\n';
const KILLED =
  'Result=timeout\nExecMainStartTimestamp=Mon 2026-11-30 01:43:20 UTC\nExecMainExitTimestamp=Mon 2026-11-30 01:44:20 UTC\nExecMainCode=2\nExecMainStatus=15\nActiveState=failed\n';
const NEVER =
  'Result=success\nExecMainStartTimestamp=n/a\nExecMainExitTimestamp=n/a\nExecMainCode=0\nExecMainStatus=0\nActiveState=inactive\n';

describe('how a schedule stands', () => {
  test.each([
    {
      about: 'after findings',
      timer: TIMER,
      service: FAILED,
      is: {
        timer: 'waiting',
        isEnabled: true,
        next: '2026-11-30T01:42:20Z',
        lastEnd: '2026-11-30T01:42:01Z',
        exitStatus: 2,
        result: 'exit-code',
      },
    },
    {
      about: 'while it runs',
      timer: TIMER.replace(/^Next.*$/m, 'NextElapseUSecRealtime='),
      service: RUNNING,
      is: {
        isRunning: true,
        next: null,
        lastStart: '2026-11-30T01:43:20Z',
        lastEnd: null,
        exitStatus: null,
        result: null,
      },
    },
    {
      about: 'after it was stopped for its time',
      timer: TIMER,
      service: KILLED,
      is: { exitStatus: null, result: 'timeout' },
    },
    {
      about: 'before its first time',
      timer: TIMER,
      service: NEVER,
      is: { lastStart: null, lastEnd: null, exitStatus: null },
    },
    {
      about: 'with a timer that is stopped and not enabled',
      timer: 'LoadState=loaded\nActiveState=inactive\nUnitFileState=disabled\nNextElapseUSecRealtime=\n',
      service: NEVER,
      is: { timer: 'stopped', isEnabled: false, next: null },
    },
    {
      about: 'with units that systemd has not read',
      timer: 'LoadState=not-found\nActiveState=inactive\n',
      service: NEVER,
      is: { timer: 'not loaded', isEnabled: false },
    },
    {
      about: 'with times that are none',
      timer: TIMER.replace('Mon 2026', '\u001b 2026'),
      service: NEVER,
      is: { next: null },
    },
  ])('$about', async ({ timer, service, is }) => {
    const { systemd } = answering({ '.timer': { stdout: timer }, '.service': { stdout: service } });
    expect(await scheduleStatus('prod', systemd)).toMatchObject(is);
  });

  test('is not known where systemd does not answer', async () => {
    expect(await scheduleStatus('prod', answering({ show: { status: 1, stderr: OFFLINE } }).systemd)).toBeUndefined();
  });
});
