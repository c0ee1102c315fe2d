/** A host identifier with the port that followed it; ranges are still in it. */
export interface Address {
  readonly host: string;
  readonly port: number | undefined;
}

/**
 * Reads `name`, `name:22`, `192.0.2.1:22`, `2001:db8::1` or `[2001:db8::1]:22`, where any part may be a range
 * (`web[01:10]`).
 *
 * @returns undefined where the text is no host identifier
 * @see ansible-core 2.14 `parsing/utils/addresses.py`, `parse_address`, whose expressions these are
 */
export function parseAddress(text: string): Address | undefined {
  let host = text;
  let port: number | undefined;
  for (const form of [BRACKETED_WITH_PORT, WITH_PORT]) {
    const match = form.exec(host);
    if (!match) continue;
    host = match[1] as string;
    port = Number(match[2]);
  }
  return IPV4.test(host) || IPV6.test(host) || HOSTNAME.test(host) ? { host, port } : undefined;
}

/** Whether a name is an IP address, which has no short form. */
export function isIpAddress(name: string): boolean {
  return IPV4.test(name) || IPV6.test(name);
}

const BRACKETED_WITH_PORT = /^\[(.+)\]:([0-9]+)$/;
const WITH_PORT = /^((?:[^:[\]]|\[[^\]]*\])*):([0-9]+)$/;

const NUMERIC_RANGE = '\\[(?:[0-9]+:[0-9]+)(?::[0-9]+)?\\]';
const IPV4_PART = `(?:[01]?[0-9]{1,2}|2[0-4][0-9]|25[0-5]|${NUMERIC_RANGE})`;
const IPV4 = new RegExp(`^(?:${IPV4_PART}\\.){3}${IPV4_PART}$`);

const H = '(?:[0-9a-f]{1,4}|\\[(?:[0-9a-f]+:[0-9a-f]+)(?::[0-9]+)?\\])';
// As in Ansible only the last form is anchored at the end.
const IPV6 = new RegExp(
  [
    `^(?:${H}:){7}${H}`,
    `^(?:${H}:){1,6}:`,
    ...[1, 2, 3, 4, 5, 6].map((n) => `^(?:${H}:){${n}}(?::${H}){1,${7 - n}}`),
    `^:(?::${H}){1,6}`,
    `^${H}?::`,
    `^(?:0:){5}ffff:(?:${H}\\.){3}${H}$`,
  ].join('|'),
  'i',
);

const RANGE = '\\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)(?::[0-9]+)?\\]';
const LABEL = `(?:[\\p{L}\\p{N}_]|${RANGE})(?:[\\p{L}\\p{N}_-]|${RANGE})*(?<![_-])`;
const HOSTNAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`, 'iu');
