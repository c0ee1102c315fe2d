import type { Facts } from './setup-facts.js';
import type { SetupSource } from './setup-source.js';

/** The host's clock, in its own zone and in UTC. @throws Error where `date` did not answer */
export function dateFacts(source: SetupSource): Facts {
  const [clock = '', year = '', month = '', weekday, number, week, day = '', hour, minute, second, zone, offset] = (
    source.said('date') ?? ''
  ).split('|');
  const [, epoch, fraction = ''] = /^(\d+) (.*)$/.exec(clock) ?? [];
  if (epoch === undefined || offset === undefined) throw new Error('date told no time');
  // Not every `date` knows parts of a second.
  const micro = /^\d{9}$/.test(fraction) ? fraction.slice(0, 6) : '000000';
  const utc = new Date(Number(epoch) * 1000).toISOString().slice(0, 19);
  const compact = `${year}${month}${day}T${hour}${minute}${second}`;
  return {
    date_time: {
      year,
      month,
      weekday,
      weekday_number: number,
      weeknumber: week,
      day,
      hour,
      minute,
      second,
      epoch,
      epoch_int: epoch,
      date: `${year}-${month}-${day}`,
      time: `${hour}:${minute}:${second}`,
      iso8601: `${utc}Z`,
      iso8601_micro: `${utc}.${micro}Z`,
      iso8601_basic: `${compact}${micro}`,
      iso8601_basic_short: compact,
      tz: zone,
      tz_dst: summerName(source.said('zones') ?? '') ?? zone,
      tz_offset: offset,
    },
  };
}

/** Of a zone's two names that of its summer, which is the one further to the east. */
function summerName(text: string): string | undefined {
  const names = text.split('\n').map((line) => {
    const [offset = '', name] = line.split(' ');
    return { offset: Number(offset), name };
  });
  return names.reduce((best, one) => (one.offset >= best.offset ? one : best), {
    offset: -Infinity,
    name: names[0]?.name,
  }).name;
}
