import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { withCheckOptions } from '../../src/cli/check-options.js';
import { withRunOptions } from '../../src/cli/options.js';
import { scheduleCommands } from '../../src/cli/schedule-command.js';
import { makeSchedule, type ScheduleOptions } from '../../src/cli/schedule-make.js';
import { readCheckWords } from '../../src/cli/schedule-words.js';

const check = () => withCheckOptions(withRunOptions(new Command('check').argument('<inventory>')));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fix-flannel-schedule-'));
  writeFileSync(join(folder, 'prod.yaml'), 'all: { hosts: { a: , b: } }\n');
  writeFileSync(join(folder, 'key'), 'a key', { mode: 0o600 });
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the options after "--"', () => {
  const place = { cwd: '/w', home: '/home/ann' };
  const words = (...given: string[]) =>
    readCheckWords(check(), given, place).words.map(({ before, path = '' }) => `${before}${path}`);

  test.each([
    { given: ['--forks', '5'], are: ['--forks=5'] },
    { given: ['-f5', '-vvD'], are: ['--forks=5', '--verbose', '--verbose', '--diff'] },
    { given: ['--private-key', 'k'], are: ['--private-key=/w/k'] },
    { given: ['--private-key=~/k'], are: ['--private-key=/home/ann/k'] },
    { given: ['--report', 'json=r.json', '--report=junit=-'], are: ['--report=json=/w/r.json', '--report=junit=-'] },
    { given: ['-e', '@vars.yaml', '-e', 'a=@b'], are: ['--extra-vars=@/w/vars.yaml', '--extra-vars=a=@b'] },
    { given: ['--vault-id', 'prod@pw', '--vault-id=pw'], are: ['--vault-id=prod@/w/pw', '--vault-id=/w/pw'] },
    { given: ['--ssh-config', 'none'], are: ['--ssh-config=none'] },
    { given: ['--no-history'], are: ['--no-history'] },
    { given: ['--extra-vars', '--private-key'], are: ['--extra-vars=--private-key'] },
  ])('$given are $are', ({ given, are }) => expect(words(...given)).toEqual(are));

  test.each([
    { about: 'an option that there is not', given: ['--frobnicate'] },
    { about: 'an argument', given: ['other.yaml'] },
    { about: 'an option without its value', given: ['--forks'] },
    { about: 'a value that is none', given: ['--forks=many'] },
    { about: 'a flag with a value', given: ['--diff=yes'] },
    { about: 'a prompt', given: ['-k'] },
    { about: 'a prompt among flags', given: ['-vK'] },
    { about: 'a prompt for a vault', given: ['--vault-id', 'prod@prompt'] },
    { about: 'a lone hyphen', given: ['-'] },
  ])('$about is refused', ({ given }) => {
    expect(() => words(...given)).toThrow(expect.objectContaining({ code: 'cli/usage' }));
  });
});

describe('a schedule', () => {
  const options = { onCalendar: 'hourly', randomizedDelay: 0, timeout: 60 };
  const make = (words: string[], more: Partial<ScheduleOptions> = {}, home = '/nowhere') =>
    makeSchedule('prod.yaml', words, { ...options, ...more }, check(), {
      cwd: folder,
      home,
      userName: 'ann',
      program: ['/usr/bin/env'],
      env: {},
    });

  test('runs as whoever installs it where no key is named, and says why', async () => {
    const { schedule, notes } = await make([]);
    expect([schedule.user, schedule.name, schedule.inventory]).toEqual([
      { kind: 'named', name: 'ann' },
      'prod',
      join(folder, 'prod.yaml'),
    ]);
    expect(notes.join()).toContain('no key is named');
  });

  test('tells why it cannot run as a user of its own where that was asked for', async () => {
    await expect(make(['--private-key', 'key'], { runAs: 'dynamic' })).rejects.toMatchObject({
      code: 'cli/usage',
      message: expect.stringContaining('prod.yaml is below a temporary folder'),
    });
  });

  test('of a user keeps its reports where that user has them', async () => {
    const { schedule } = await make([], { user: true }, folder);
    expect([schedule.user, schedule.stateFolder]).toEqual([
      { kind: 'manager' },
      join(folder, '.local/state/fix-flannel'),
    ]);
  });

  test.each([
    { about: 'a key that is not there', words: ['--private-key', 'none'], code: 'file/missing' },
    { about: 'a profile that is not there', words: ['--profile', 'none'], code: 'file/missing' },
    { about: 'a report into no folder', words: ['--report', 'json=none/r.json'], code: 'file/missing' },
    { about: 'a report of no format', words: ['--report', 'jsno=r'], code: 'cli/usage' },
    { about: 'a check that there is not', words: ['--only', 'FF999'], code: 'cli/usage' },
    { about: 'a limit to no host', words: ['--limit', 'c'], code: 'inventory/unknown-host' },
    { about: 'a name that a unit cannot have', words: [], more: { name: 'a b' }, code: 'cli/usage' },
    { about: 'a user that there cannot be', words: [], more: { runAs: 'a\nb' }, code: 'cli/usage' },
    { about: 'two users', words: [], more: { runAs: 'ann', user: true }, code: 'cli/usage' },
  ])('with $about is refused before anything is written', async ({ words, more, code }) => {
    await expect(make(words, more)).rejects.toMatchObject({ code });
  });
});

describe('the commands', () => {
  let said = '';
  beforeEach(() => {
    said = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      said += text;
      return true;
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
  });
  const call = async (...args: string[]) => {
    said = '';
    await scheduleCommands().exitOverride().parseAsync(args, { from: 'user' });
    return said;
  };
  const install = (...more: string[]) =>
    call(
      'install',
      join(folder, 'prod.yaml'),
      '--on-calendar',
      'hourly',
      '--unit-folder',
      join(folder, 'units'),
      ...more,
    );

  test('show, write, show the difference, list, and take away', async () => {
    const units = join(folder, 'units');
    mkdirSync(units);
    expect(await install()).toContain('Nothing was written.');
    expect(readdirSync(units)).toEqual([]);
    await install('--write');
    expect(readdirSync(units)).toEqual(['fix-flannel-check-prod.service', 'fix-flannel-check-prod.timer']);
    const changed = await install('--randomized-delay', '1h', '--', '--forks', '7');
    expect(changed).toContain('-RandomizedDelaySec=300\n+RandomizedDelaySec=3600');
    expect(changed).toMatch(/^\+ExecStart=.* --forks=7 /m);
    expect(readFileSync(join(units, 'fix-flannel-check-prod.timer'), 'utf8')).toContain('RandomizedDelaySec=300');
    const listed = JSON.parse(await call('status', '--json', '--unit-folder', units));
    expect(listed.schedules).toMatchObject([{ name: 'prod', inventory: join(folder, 'prod.yaml'), lastReport: null }]);
    expect(await call('remove', 'prod', '--unit-folder', units)).toContain('systemd was not told');
    expect(readdirSync(units)).toEqual([]);
    expect(await call('status', '--unit-folder', units)).toContain('No schedules in');
  }, 60_000);

  test('leave alone what is not theirs', async () => {
    const units = join(folder, 'units');
    mkdirSync(units);
    const timer = join(units, 'fix-flannel-check-prod.timer');
    writeFileSync(timer, '[Timer]\n');
    await expect(install('--write')).rejects.toMatchObject({ code: 'schedule/units' });
    await expect(call('remove', 'prod', '--unit-folder', units)).rejects.toMatchObject({ code: 'schedule/units' });
    expect(readFileSync(timer, 'utf8')).toBe('[Timer]\n');
    await install('--write', '--force');
    expect(readFileSync(timer, 'utf8')).toContain('OnCalendar=hourly');
  }, 60_000);

  test('name what was meant', async () => {
    const units = join(folder, 'units');
    mkdirSync(units);
    await install('--write');
    const gone = call('remove', 'prdo', '--unit-folder', units);
    await expect(gone).rejects.toMatchObject({ code: 'cli/usage', hint: 'Did you mean prod?' });
    await expect(install('--enable')).rejects.toMatchObject({ code: 'cli/usage' });
  }, 60_000);

  test('print a line for cron', async () => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const line = await call(
      'crontab',
      join(folder, 'prod.yaml'),
      '--cron',
      '17 * * * *',
      '--',
      '--report',
      'json=/a%b.json',
    );
    expect(line).toMatch(/^17 \* \* \* \* mkdir -p -m 700 \S+ && flock -n \S+\/schedule-prod\.lock .* check /);
    expect(line).toContain("'--report=json=/a\\%b.json'");
    await expect(call('crontab', join(folder, 'prod.yaml'))).rejects.toMatchObject({ code: 'cli/usage' });
  });

  test('say that there is no report yet, and where there will be', async () => {
    await install('--write');
    const text = await call('status', 'prod', '--unit-folder', join(folder, 'units'));
    expect(text).toContain('last report  none yet');
    expect(text).toContain('kept in      /var/lib/fix-flannel/prod/state');
  }, 60_000);
});
