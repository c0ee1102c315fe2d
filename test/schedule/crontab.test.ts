import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cronOfCalendar, crontabLine } from '../../src/schedule/crontab.js';

const ENTRY = { when: '17 * * * *', words: ['/usr/bin/node', 'x'], stateFolder: '/s', lock: 'a.lock' };

/** What cron hands to sh: a percent sign ends the command, one after a backslash is itself. */
function commandOf(line: string): string {
  const command = line.split(' ').slice(5).join(' ');
  const end = /(?<!\\)%/.exec(command)?.index ?? command.length;
  return command.slice(0, end).replaceAll('\\%', '%');
}

describe('a line for cron', () => {
  test('keeps checks apart by a lock', () =>
    expect(crontabLine(ENTRY)).toBe('17 * * * * mkdir -p -m 700 /s && flock -n /s/a.lock /usr/bin/node x'));

  test('hands every word to the program as it was given', () => {
    const word = fc
      .array(
        fc.oneof(
          fc.constantFrom('%', "'", '"', '$x', '`id`', ' ', ';', '#', '*', '~', 'ü'),
          fc.string({ maxLength: 3 }),
        ),
      )
      .map((parts) => parts.join(''))
      .filter((text) => !/[\p{Cc}\p{Cs}\\]/u.test(text));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 4 }), (words) => {
        const command = commandOf(crontabLine({ ...ENTRY, words: ['/x/program', ...words] }));
        const [, rest = ''] = command.split('/x/program', 2);
        const read = execFileSync('sh', ['-c', `printf '%s\\0' all ${rest}`], { encoding: 'utf8' });
        expect(read.split('\0').slice(0, -1)).toEqual(['all', ...words]);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  test.each([
    { about: 'a line feed', entry: { words: ['a\n* * * * * rm'] } },
    { about: 'a backslash, which crons read differently before %', entry: { words: ['a\\%'] } },
    { about: 'more than cron reads', entry: { words: ['x'.repeat(1000)] } },
    { about: 'too few fields', entry: { when: '* * * *' } },
    { about: 'a sixth field, which would be a command', entry: { when: '* * * * * /bin/sh' } },
    { about: 'a minute that there is not', entry: { when: '60 * * * *' } },
    { about: 'a step of nothing', entry: { when: '*/0 * * * *' } },
    { about: 'a line feed in the time', entry: { when: '* * * * *\n' + '* * * * *' } },
    { about: 'a nickname that there is not', entry: { when: '@fortnightly' } },
  ])('$about is refused', ({ entry }) => {
    expect(() => crontabLine({ ...ENTRY, ...entry })).toThrow(expect.objectContaining({ code: 'cli/usage' }));
  });

  test.each(['@hourly', '*/15 6-18 1,15 jan-mar mon-fri', '0 0 * * 7'])('%s is a time', (when) =>
    expect(crontabLine({ ...ENTRY, when })).toContain(`${when} mkdir`),
  );
});

describe('a calendar of systemd', () => {
  test.each([
    ['hourly', '0 * * * *'],
    ['Daily', '0 0 * * *'],
    ['weekly', '0 0 * * 1'],
    ['06:30', '30 6 * * *'],
    ['*-*-* 06:05:00', '5 6 * * *'],
    ['*:0/15', '*/15 * * * *'],
    ['*:07', '7 * * * *'],
    ['*:5/20', '5-59/20 * * * *'],
  ])('%s is %s', (calendar, cron) => expect(cronOfCalendar(calendar)).toBe(cron));

  test.each(['Mon..Fri 06:00', '25:00', '*:0/0', '', 'constructor', '06:30:15'])(
    '%j has no simple form',
    (calendar) => {
      expect(() => cronOfCalendar(calendar)).toThrow(expect.objectContaining({ code: 'cli/usage' }));
    },
  );
});
