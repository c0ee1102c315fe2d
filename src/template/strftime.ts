import { failed } from './failure.js';
import type { DateTime } from './values.js';

export const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** A moment by C's `strftime` directives, in the C locale. @throws FixError `template/failed` for an unknown one */
export function strftime(moment: DateTime, format: string): string {
  const { date, utc } = moment;
  const offsetMinutes = moment.offsetMinutes ?? (utc ? 0 : -date.getTimezoneOffset());
  // A date whose UTC parts are the parts to print.
  const shown = new Date(date.getTime() + offsetMinutes * 60_000);
  return format.replace(/%(-?)([\s\S])/g, (_, noPad: string, directive: string) => {
    const text = part(directive, shown, date, offsetMinutes, moment);
    return noPad === '-' ? text.replace(/^[0 ]+(?=.)/, '') : text;
  });
}

const two = (n: number) => String(n).padStart(2, '0');

function part(directive: string, shown: Date, date: Date, offsetMinutes: number, moment: DateTime): string {
  const hour = shown.getUTCHours();
  const sub = (format: string) => strftime(moment, format);
  const parts: Readonly<Record<string, () => string>> = {
    a: () => (DAYS[shown.getUTCDay()] as string).slice(0, 3),
    A: () => DAYS[shown.getUTCDay()] as string,
    b: () => (MONTHS[shown.getUTCMonth()] as string).slice(0, 3),
    h: () => (MONTHS[shown.getUTCMonth()] as string).slice(0, 3),
    B: () => MONTHS[shown.getUTCMonth()] as string,
    c: () => sub('%a %b %e %H:%M:%S %Y'),
    d: () => two(shown.getUTCDate()),
    D: () => sub('%m/%d/%y'),
    e: () => String(shown.getUTCDate()).padStart(2, ' '),
    f: () => String(shown.getUTCMilliseconds() * 1000 + moment.microseconds).padStart(6, '0'),
    F: () => sub('%Y-%m-%d'),
    H: () => two(hour),
    I: () => two(hour % 12 || 12),
    j: () => String(dayOfYear(shown)).padStart(3, '0'),
    m: () => two(shown.getUTCMonth() + 1),
    M: () => two(shown.getUTCMinutes()),
    n: () => '\n',
    p: () => (hour < 12 ? 'AM' : 'PM'),
    s: () => String(Math.floor(date.getTime() / 1000)),
    S: () => two(shown.getUTCSeconds()),
    t: () => '\t',
    T: () => sub('%H:%M:%S'),
    R: () => sub('%H:%M'),
    u: () => String(shown.getUTCDay() || 7),
    w: () => String(shown.getUTCDay()),
    U: () => two(Math.floor((dayOfYear(shown) + 6 - shown.getUTCDay()) / 7)),
    W: () => two(Math.floor((dayOfYear(shown) + 6 - ((shown.getUTCDay() + 6) % 7)) / 7)),
    x: () => sub('%m/%d/%y'),
    X: () => sub('%H:%M:%S'),
    y: () => two(shown.getUTCFullYear() % 100),
    Y: () => String(shown.getUTCFullYear()),
    z: () => {
      const sign = offsetMinutes < 0 ? '-' : '+';
      const minutes = Math.abs(offsetMinutes);
      return `${sign}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
    },
    Z: () => (moment.utc ? 'UTC' : ''),
    '%': () => '%',
  };
  if (!Object.hasOwn(parts, directive)) throw failed(`the date format has the unknown directive %${directive}`);
  return (parts[directive] as () => string)();
}

function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
}
