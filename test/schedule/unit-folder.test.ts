import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nameOfUnit, scheduleName } from '../../src/schedule/schedule-name.js';
import { isOpenToAll, whyNoOwnUser } from '../../src/schedule/service-user.js';
import { scheduleUnits } from '../../src/schedule/systemd-units.js';
import { refuseForeign, removeUnits, schedulesIn, standingIn, writeUnits } from '../../src/schedule/unit-folder.js';
import { madeUp } from './made-up.js';

const { service, timer } = scheduleUnits(madeUp());
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fix-flannel-units-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('units in a folder', () => {
  test('are readable by all whatever the umask is, and leave nothing else', () => {
    const before = process.umask(0o077);
    try {
      writeUnits(folder, [service, timer], 'abc');
    } finally {
      process.umask(before);
    }
    expect(readdirSync(folder)).toEqual([service.name, timer.name]);
    expect(statSync(join(folder, timer.name)).mode & 0o777).toBe(0o644);
    expect(standingIn(folder, timer.name)).toEqual({ path: join(folder, timer.name), text: timer.text, isOurs: true });
    expect(schedulesIn(folder)).toEqual([
      { name: 'prod', inventory: '/etc/fix-flannel/prod.yaml', state: '/var/lib/fix-flannel/prod/state' },
    ]);
  });

  test('replace a link and not what it leads to', () => {
    writeFileSync(join(folder, 'precious'), 'kept');
    symlinkSync('precious', join(folder, timer.name));
    writeUnits(folder, [timer], 'abc');
    expect(readFileSync(join(folder, 'precious'), 'utf8')).toBe('kept');
    expect(readFileSync(join(folder, timer.name), 'utf8')).toBe(timer.text);
  });

  test('of others are refused, and those of ours are not', () => {
    writeFileSync(join(folder, timer.name), '[Timer]\n');
    const standing = [service, timer].map(({ name }) => standingIn(folder, name));
    expect(() => refuseForeign(standing)).toThrow(expect.objectContaining({ code: 'schedule/units' }));
    writeUnits(folder, [service, timer], 'abc');
    refuseForeign([service, timer].map(({ name }) => standingIn(folder, name)));
  });

  test('are no trouble where they are not', () => {
    removeUnits(folder, [timer.name]);
    expect([standingIn(folder, timer.name).text, schedulesIn(join(folder, 'none'))]).toEqual([undefined, []]);
  });

  test('that cannot be written are told, and nothing is left behind', () => {
    mkdirSync(join(folder, timer.name));
    writeFileSync(join(folder, timer.name, 'x'), '');
    expect(() => writeUnits(folder, [timer], 'abc')).toThrow(expect.objectContaining({ code: 'schedule/units' }));
    expect(readdirSync(folder)).toEqual([timer.name]);
    expect(() => standingIn(folder, timer.name)).toThrow(expect.objectContaining({ code: 'file/missing' }));
    expect(schedulesIn(folder)).toEqual([]);
  });
});

describe('the name of a schedule', () => {
  test.each([
    ['/etc/prod.yaml', undefined, 'prod'],
    ['/etc/a b%c.yml', undefined, 'a-b-c'],
    ['/etc/.-x', undefined, 'x'],
    ['a,b', 'two', 'two'],
  ])('%s, %s: %s', (inventory, given, is) => expect(scheduleName(inventory, given)).toBe(is));

  test.each([
    ['a,b', undefined],
    ['/x', '../x'],
    ['/x', ''],
    ['/x', '-x'],
    ['/x', 'a b'],
    ['/x', 'x'.repeat(61)],
    ['/x', 'ü'],
    ['/🦆', undefined],
  ])('%s, %j is none', (inventory, given) => {
    expect(() => scheduleName(inventory, given)).toThrow(expect.objectContaining({ code: 'cli/usage' }));
  });

  test.each([
    ['fix-flannel-check-a.b.timer', 'a.b'],
    ['fix-flannel-check-a.service', 'a'],
    ['fix-flannel-check-a b.timer', undefined],
    ['flanneld.service', undefined],
    ['fix-flannel-check-a.timer.abc.new', undefined],
  ])('of the unit %s is %s', (file, name) => expect(nameOfUnit(file)).toBe(name));
});

describe('a user that there is only while the service runs', () => {
  const fine = { namesKey: true, reads: ['/etc/x'], reportFolders: [], stateFolder: undefined, personal: [] };
  test.each([
    { about: 'will do', question: {}, why: [] },
    {
      about: 'has no key of its own',
      question: { namesKey: false },
      why: ['no key is named: give --private-key after the "--"'],
    },
    {
      about: 'cannot read what is closed',
      question: { reads: ['/closed'] },
      why: ['/closed is not open to other users'],
    },
    { about: 'has a /tmp of its own', question: { reads: ['/tmp/x'] }, why: ['/tmp/x is below a temporary folder'] },
    { about: 'may not write reports elsewhere', question: { reportFolders: ['/r'] }, why: ['reports go to /r'] },
    {
      about: 'may not write to another state folder',
      question: { stateFolder: '/s' },
      why: ['reports are kept in /s'],
    },
    {
      about: 'has no ssh configuration',
      question: { personal: [{ path: '/c', what: 'your ssh configuration' }] },
      why: ['your ssh configuration is /c'],
    },
  ])('$about', ({ question, why }) =>
    expect(whyNoOwnUser({ ...fine, ...question }, (path) => path !== '/closed')).toEqual(why),
  );

  test('sees what is open all the way down, and only that', () => {
    // The folder itself is 0700, as mkdtemp makes it.
    writeFileSync(join(folder, 'x'), '', { mode: 0o644 });
    expect([
      isOpenToAll(join(folder, 'x')),
      isOpenToAll('/etc/passwd'),
      isOpenToAll('/etc'),
      isOpenToAll('/none'),
    ]).toEqual([false, true, true, false]);
  });
});
