import { FixError, messageOf } from '../core/error.js';
import { printableLine } from '../core/text.js';
import { parseAddress } from './address.js';
import { expandRange } from './expand-range.js';

/**
 * The hosts that one entry of an inventory stands for: ranges expanded, a port split off.
 * An entry that is no host identifier is a name all the same, as Ansible has it.
 *
 * @param at its place, for errors and warnings
 * @throws FixError `inventory/invalid` for a range that cannot be expanded, and for names that no program could use
 */
export function readHostNames(entry: string, at: string, warnings: string[]): { names: string[]; port?: number } {
  const shown = printableLine(entry, 80);
  if (entry === '' || /[\s\u0000-\u001f\u007f-\u009f,]/.test(entry)) {
    throw new FixError('inventory/invalid', `${JSON.stringify(shown)} cannot be the name of a host`, {
      hint: 'Use a name without blanks, commas and control characters; one entry for each host.',
      at,
    });
  }
  const { host, port } = parseAddress(entry) ?? { host: entry, port: undefined };
  const names = expanded(host, at);
  if (names.length === 0) warnings.push(`${at}: the range in ${shown} is empty, so it stands for no host`);
  return port === undefined ? { names } : { names, port };
}

function expanded(host: string, at: string): string[] {
  try {
    return expandRange(host);
  } catch (cause) {
    throw new FixError('inventory/invalid', printableLine(messageOf(cause), 200), {
      hint: 'Write a range as web[01:10], db[a:c] or node[0:10:2].',
      at,
      cause,
    });
  }
}
