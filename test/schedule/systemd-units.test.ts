import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseUnitText } from '../../src/flannel/unit-text.js';
import { markOf } from '../../src/schedule/mark.js';
import type { Schedule } from '../../src/schedule/schedule.js';
import { scheduleUnits } from '../../src/schedule/systemd-units.js';
import { madeUp } from './made-up.js';

const DYNAMIC: Partial<Schedule> = {
  name: 'dynamic',
  user: { kind: 'dynamic' },
  options: [{ before: '--private-key=', credential: 'private-key' }],
  credentials: [
    { name: 'private-key', from: { path: '/etc/fix flannel/key%' } },
    { name: 'ssh-config', from: { text: 'Host *\nUserKnownHostsFile ${CREDENTIALS_DIRECTORY}/100%\\\n' } },
  ],
};
const SHAPES: Readonly<Record<string, Partial<Schedule>>> = {
  'as ann': {},
  'as root': { name: 'root', user: { kind: 'named', name: 'root' }, reportFolders: ['/var/lib/a b%', '/tmp/x"y\\z'] },
  'as a user of its own': DYNAMIC,
  'of a user': { name: 'mine', user: { kind: 'manager' }, stateFolder: '/home/ann/.local/state/fix-flannel' },
  'of a list of hosts': { name: 'list', inventory: 'a,b', workingFolder: '/', findingsSucceed: true },
  'at odd times': {
    name: 'odd',
    onCalendar: 'Mon..Fri *-*-* 06..18:00/15:30 Europe/Berlin',
    randomizedDelaySeconds: 0,
  },
};

function valuesOf(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { key, value } of parseUnitText(text).assignments) found.set(key, [...(found.get(key) ?? []), value.text]);
  return found;
}

function service(otherwise: Partial<Schedule> = {}) {
  return valuesOf(scheduleUnits(madeUp(otherwise)).service.text);
}

test('systemd finds nothing to say of any of them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fix-flannel-units-'));
  try {
    const units = Object.values(SHAPES).flatMap((shape) => Object.values(scheduleUnits(madeUp(shape))));
    for (const { name, text } of units) writeFileSync(join(folder, name), text);
    const paths = units.map(({ name }) => join(folder, name));
    const { error, status, stderr } = spawnSync(
      'systemd-analyze',
      ['verify', '--man=no', '--recursive-errors=no', ...paths],
      { encoding: 'utf8', env: { ...process.env, SYSTEMD_UNIT_PATH: `${folder}:`, SYSTEMD_LOG_LEVEL: 'warning' } },
    );
    // Debian's package systemd has it; without it this test has to fail, not to pass.
    expect(error).toBeUndefined();
    expect({ status, ours: stderr.split('\n').filter((line) => line.includes('fix-flannel')) }).toEqual({
      status: 0,
      ours: [],
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 60_000);

test('systemd does find what is wrong with a unit, so that the test above says something', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fix-flannel-units-'));
  try {
    const { name, text } = scheduleUnits(madeUp()).service;
    writeFileSync(join(folder, name), text.replace('UMask=0077', 'UMask=banana'));
    const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', join(folder, name)], { encoding: 'utf8' });
    expect(stderr).toContain('banana');
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 60_000);

describe('the service', () => {
  test('runs the check once, with a limit, and keeps its reports in its own folder', () => {
    const unit = service();
    expect(unit.get('Type')).toEqual(['oneshot']);
    expect(unit.get('ExecStart')?.[0]).toMatch(/ check --forks=5 -- \/etc\/fix-flannel\/prod\.yaml$/);
    expect(unit.get('TimeoutStartSec')).toEqual(['1800']);
    expect(unit.get('Environment')).toEqual(['FIX_FLANNEL_STATE=/var/lib/fix-flannel/prod/state']);
    expect([unit.get('StateDirectory'), unit.get('User')]).toEqual([['fix-flannel/prod'], ['ann']]);
  });

  test('fails where there are findings, unless it is told not to', () => {
    expect(service().get('SuccessExitStatus')).toBeUndefined();
    expect(service({ findingsSucceed: true }).get('SuccessExitStatus')).toEqual(['2']);
  });

  test.each([
    ['NoNewPrivileges', 'yes'],
    ['ProtectSystem', 'strict'],
    ['CapabilityBoundingSet', ''],
    ['PrivateDevices', 'yes'],
    ['RestrictNamespaces', 'yes'],
    ['UMask', '0077'],
    ['MemoryDenyWriteExecute', 'no'],
  ])('%s=%s', (key, value) => expect(service().get(key)).toEqual([value]));

  test.each([
    { about: 'has a /tmp of its own', schedule: {}, key: 'PrivateTmp', is: ['yes'] },
    {
      about: 'but not where a report goes there',
      schedule: { reportFolders: ['/var/tmp/r'] },
      key: 'PrivateTmp',
      is: ['no'],
    },
    { about: 'sees homes, where ssh keeps its files', schedule: {}, key: 'ProtectHome', is: ['read-only'] },
    { about: 'but not as a user of its own', schedule: DYNAMIC, key: 'ProtectHome', is: ['yes'] },
    {
      about: 'as root may read what belongs to others',
      schedule: SHAPES['as root'],
      key: 'CapabilityBoundingSet',
      is: ['CAP_DAC_OVERRIDE'],
    },
    {
      about: 'of a user drops no capability, which its manager could not do',
      schedule: SHAPES['of a user'],
      key: 'CapabilityBoundingSet',
      is: undefined,
    },
    {
      about: 'of a user does not wait for a target that its manager has not',
      schedule: SHAPES['of a user'],
      key: 'After',
      is: undefined,
    },
    {
      about: 'may write to the folders of reports, each once',
      schedule: { reportFolders: ['/r', '/r'] },
      key: 'ReadWritePaths',
      is: ['/r'],
    },
    {
      about: 'may write to the state folder that was named',
      schedule: { stateFolder: '/s' },
      key: 'ReadWritePaths',
      is: ['/s'],
    },
    { about: 'has no other state folder then', schedule: { stateFolder: '/s' }, key: 'StateDirectory', is: undefined },
    {
      about: 'as a user of its own has a home',
      schedule: DYNAMIC,
      key: 'Environment',
      is: ['FIX_FLANNEL_STATE=/var/lib/fix-flannel/dynamic/state', 'HOME=%S/fix-flannel/dynamic'],
    },
    {
      about: 'is handed the key',
      schedule: DYNAMIC,
      key: 'LoadCredential',
      is: ['private-key:/etc/fix flannel/key%%'],
    },
    {
      about: 'is handed a text',
      schedule: DYNAMIC,
      key: 'SetCredential',
      is: ['ssh-config:Host *\\nUserKnownHostsFile ${CREDENTIALS_DIRECTORY}/100%%\\\\\\n'],
    },
  ])('$about', ({ schedule, key, is }) => expect(service(schedule).get(key)).toEqual(is));
});

describe('the timer', () => {
  test('starts the service at its times, late rather than never', () => {
    const { timer, service: unit } = scheduleUnits(madeUp({ onCalendar: ' *:0/15 ' }));
    const values = valuesOf(timer.text);
    expect(values.get('OnCalendar')).toEqual(['*:0/15']);
    expect([values.get('Persistent'), values.get('RandomizedDelaySec')]).toEqual([['true'], ['300']]);
    expect([values.get('Unit'), values.get('WantedBy')]).toEqual([[unit.name], ['timers.target']]);
  });

  test.each(['', '-h', '--help', 'a\nUnit=x', 'a%h', 'a"', 'x'.repeat(201)])('%j is no calendar', (onCalendar) => {
    expect(() => scheduleUnits(madeUp({ onCalendar }))).toThrow(expect.objectContaining({ code: 'cli/usage' }));
  });
});

test('the first line tells whose the unit is, also of a hostile path', () => {
  const inventory = '/x\u202e/"}\\%.yaml';
  const { text } = scheduleUnits(madeUp({ inventory })).timer;
  expect(text.split('\n', 1)[0]).not.toContain('\u202e');
  expect(markOf(text)).toEqual({ name: 'prod', inventory, state: '/var/lib/fix-flannel/prod/state' });
});

test.each([
  '',
  'x',
  '# fix-flannel-schedule: ',
  '# fix-flannel-schedule: null',
  '# fix-flannel-schedule: {"name":1}',
  '# fix-flannel-schedule: {',
])('no unit of ours: %j', (text) => expect(markOf(text)).toBeUndefined());
