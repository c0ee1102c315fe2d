import { failed } from './failure.js';

/** The forms in which a hardware address may be written: groups of so many digits, with one of these between. */
const FORMS: readonly { readonly groups: number; readonly digits: number; readonly pattern: RegExp }[] = [
  { groups: 6, digits: 2, pattern: /^[\da-f]{1,2}(?:(:[\da-f]{1,2}){5}|(-[\da-f]{1,2}){5})$/i },
  { groups: 3, digits: 4, pattern: /^[\da-f]{1,4}(?:(:[\da-f]{1,4}){2}|(-[\da-f]{1,4}){2}|(\.[\da-f]{1,4}){2})$/i },
  { groups: 2, digits: 6, pattern: /^[\da-f]{5,6}[-:][\da-f]{5,6}$/i },
  { groups: 1, digits: 12, pattern: /^[\da-f]{11,12}$/i },
];

interface Form {
  readonly digits: number;
  readonly between: string;
  readonly upper?: boolean;
  /** Zeros in front of a group are left out. */
  readonly short?: boolean;
}

const PGSQL: Form = { digits: 6, between: ':' };
const WINDOWS: Form = { digits: 2, between: '-', upper: true };

const PRINTED: Readonly<Record<string, Form>> = {
  bare: { digits: 12, between: '', upper: true },
  cisco: { digits: 4, between: '.' },
  eui48: WINDOWS,
  linux: { digits: 2, between: ':' },
  pgsql: PGSQL,
  postgresql: PGSQL,
  psql: PGSQL,
  unix: { digits: 2, between: ':', short: true },
  win: WINDOWS,
};

/** The 48 bits of a hardware address, or `undefined` where the text is none. */
export function parseHardware(text: string): bigint | undefined {
  const form = FORMS.find(({ pattern }) => pattern.test(text));
  if (form === undefined) return undefined;
  const digits = text.split(/[:.-]/).map((group) => group.padStart(form.digits, '0'));
  return BigInt(`0x${digits.join('')}`);
}

/**
 * A hardware address in the form that a query names; as it is without one.
 * @returns `null` where it is none and the query is empty or `bool`
 * @throws FixError `template/failed` for any other query of what is none, or for a query that is none
 * @see ansible.utils 2.10 `plugin_utils/base/ipaddr_utils.py`, `hwaddr`
 */
export function hardwareAddress(text: string, query: string, name: string): unknown {
  const value = parseHardware(text);
  if (value === undefined && query !== '' && query !== 'bool')
    throw failed(`${name}: '${text}' is no hardware address`);
  if (query === '') return value === undefined ? null : text;
  if (query === 'bool') return value === undefined ? null : true;
  if (query === 'int') return Number(value);
  if (!Object.hasOwn(PRINTED, query)) {
    throw failed(`${name} cannot be asked for '${query}'`, `Known are: bool, int, ${Object.keys(PRINTED).join(', ')}.`);
  }
  return printed(value as bigint, PRINTED[query] as Form);
}

function printed(value: bigint, { digits, between, upper = false, short = false }: Form): string {
  const all = value.toString(16).padStart(12, '0');
  const groups = all.match(new RegExp(`.{${digits}}`, 'g')) ?? [];
  const text = groups.map((group) => (short ? Number.parseInt(group, 16).toString(16) : group)).join(between);
  return upper ? text.toUpperCase() : text;
}

/** The address that a host with this hardware address gives itself in a network. @see RFC 4291, section 2.5.1 */
export function slaacAddress(network: bigint, hardware: bigint): bigint {
  const [vendor, device] = [hardware >> 24n, hardware & 0xffffffn];
  return network + (((vendor << 40n) | (0xfffen << 24n) | device) ^ (0x02n << 56n));
}
