import { FixError } from '../core/error.js';
import { quoted } from '../core/script.js';
import { printableLine } from '../core/text.js';

/** What a line for cron is made of. Paths are absolute. */
export interface CrontabEntry {
  /** Five fields, or `@hourly`. */
  readonly when: string;
  readonly words: readonly string[];
  /** The folder of the lock. */
  readonly stateFolder: string;
  /** The lock's file in it. */
  readonly lock: string;
}

/** Characters; cron cuts or refuses longer commands. */
const LONGEST = 990;

/**
 * A line for `crontab -e`: one check at a time, nothing run where the last is still going.
 *
 * @throws FixError `cli/usage` for what such a line cannot hold
 * @see crontab(5); cron 3.0pl1 `entry.c` and `do_command.c`, for `%`
 */
export function crontabLine({ when, words, stateFolder, lock }: CrontabEntry): string {
  const folder = cronWord(stateFolder);
  const command = `mkdir -p -m 700 ${folder} && flock -n ${cronWord(`${stateFolder}/${lock}`)} ${words.map(cronWord).join(' ')}`;
  if (command.length > LONGEST)
    throw unfit('the command is too long for cron', 'Move options into files: a profile, an ssh configuration.');
  return `${cronTime(when)} ${command}`;
}

/** A percent sign ends cron's command unless a backslash stands before it, in quotes too. */
function cronWord(word: string): string {
  // What cron makes of a backslash before a percent sign differs between crons.
  if (/[\p{Cc}\p{Cs}\\]/u.test(word))
    throw unfit(
      `a line of cron cannot hold ${JSON.stringify(printableLine(word, 120))}`,
      'Use a path without backslashes and control characters.',
    );
  return (/^[\w@:,./=+-]+$/.test(word) ? word : quoted(word)).replaceAll('%', '\\%');
}

const NICKNAMES = ['@hourly', '@daily', '@midnight', '@weekly', '@monthly', '@yearly', '@annually', '@reboot'];

/** @throws FixError `cli/usage` for what is no time of cron */
function cronTime(when: string): string {
  const fields = when.trim().split(/[ \t]+/);
  if (fields.length === 1 && NICKNAMES.includes(fields[0] as string)) return fields[0] as string;
  const [minute, hour, day, month, weekday] = fields;
  const fits =
    fields.length === 5 &&
    isField(minute, 0, 59) &&
    isField(hour, 0, 23) &&
    isField(day, 1, 31) &&
    isField(month, 1, 12, MONTHS) &&
    isField(weekday, 0, 7, DAYS);
  if (fits) return fields.join(' ');
  throw unfit(
    `${JSON.stringify(printableLine(when, 80))} is no time of cron`,
    'Five fields, as in --cron "17 * * * *", or @hourly.',
  );
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

function isField(field: string | undefined, least: number, most: number, names: readonly string[] = []): boolean {
  return (field ?? '').split(',').every((part) => {
    const match = /^(?:\*|([a-z]{3}|\d{1,2})(?:-([a-z]{3}|\d{1,2}))?)(?:\/(\d{1,2}))?$/i.exec(part);
    if (!match) return false;
    const isOne = (text: string | undefined) =>
      text === undefined ||
      names.includes(text.toLowerCase()) ||
      (/^\d+$/.test(text) && +text >= least && +text <= most);
    return isOne(match[1]) && isOne(match[2]) && match[3] !== '0' && match[3] !== '00';
  });
}

const SAME: Readonly<Record<string, string>> = {
  minutely: '* * * * *',
  hourly: '0 * * * *',
  daily: '0 0 * * *',
  weekly: '0 0 * * 1',
  monthly: '0 0 1 * *',
  yearly: '0 0 1 1 *',
  annually: '0 0 1 1 *',
};

/**
 * What cron calls a calendar of systemd, where it is one of the simple ones: a word, a time of day, `*:0/15`.
 * @throws FixError `cli/usage` for any other
 */
export function cronOfCalendar(calendar: string): string {
  const text = calendar.trim().toLowerCase();
  if (Object.hasOwn(SAME, text)) return SAME[text] as string;
  const match = /^(?:\*-\*-\* )?(\*|\d{1,2}):(\d{1,2})(?:\/(\d{1,2}))?(?::00?)?$/.exec(text);
  if (match) {
    const [, hour, minute, step] = match as unknown as [string, string, string, string | undefined];
    const start = Number(minute);
    const minutes =
      step === undefined ? String(start) : start === 0 ? `*/${Number(step)}` : `${start}-59/${Number(step)}`;
    return cronTime(`${minutes} ${hour === '*' ? '*' : Number(hour)} * * *`);
  }
  throw unfit(
    `${JSON.stringify(printableLine(calendar, 80))} has no simple form for cron`,
    'Say it as cron does: --cron "17 * * * *".',
  );
}

function unfit(message: string, hint: string): FixError {
  return new FixError('cli/usage', message, { hint });
}
