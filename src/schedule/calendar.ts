import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';

/**
 * A calendar of systemd as a unit may hold it. Whether it is one only systemd knows.
 * @throws FixError `cli/usage` for what cannot stand in any calendar
 */
export function calendarText(given: string): string {
  const text = given.trim();
  if (/^[A-Za-z0-9*:/.,~+_ -]{1,200}$/.test(text) && !text.startsWith('-')) return text;
  throw noCalendar(given, 'systemd.time(7) says what it may be: hourly, "*:0/15", "Mon..Fri 06:00".');
}

export function noCalendar(given: string, hint: string): FixError {
  return new FixError('cli/usage', `${JSON.stringify(printableLine(given, 100))} is no calendar`, { hint });
}
