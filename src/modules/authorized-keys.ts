/** Options in front of a key: their names, with values as written; undefined for one that has none. */
type Options = readonly (readonly [name: string, value: string | undefined])[];

/** A line of a file of authorized keys. */
interface Line {
  /** Undefined for a comment, a blank line, and what is no key. */
  readonly type: string | undefined;
  /** The key itself, in base64; of what is no key, the line with its end. */
  readonly key: string;
  readonly options: Options;
  readonly comment: string;
}

/** What a task wants of the keys. */
export interface WantedKeys {
  /** One key a line; blank lines and comments are passed over. */
  readonly keys: string;
  readonly state: 'present' | 'absent';
  /** All other lines go, where keys are to be present. */
  readonly exclusive: boolean;
  /** In place of those that stand before each key. */
  readonly options?: string | undefined;
  /** In place of what stands behind each key. */
  readonly comment?: string | undefined;
}

/** A wanted key that is none. */
export class InvalidKey extends Error {}

/**
 * The content that a file of authorized keys has to have; as it was, byte by byte, where nothing is to be done.
 * Where something is, lines that say the same are kept once, as with Ansible.
 * @throws InvalidKey
 */
export function withKeys(content: string, wanted: WantedKeys): string {
  const lines = keyed(content);
  const wantedLines = wantedKeys(wanted);
  const places = lines.size;
  let differs = false;
  for (const [index, line] of wantedLines.entries()) {
    const known = lines.get(line.key);
    if (wanted.state === 'absent') {
      differs = lines.delete(line.key) || differs;
    } else if (known === undefined || !isSame(known.line, line)) {
      lines.delete(line.key);
      lines.set(line.key, { line, place: places + index });
      differs = true;
    }
  }
  if (wanted.state === 'present' && wanted.exclusive) {
    const kept = new Set(wantedLines.map(({ key }) => key));
    for (const key of lines.keys()) if (!kept.has(key)) differs = lines.delete(key) || differs;
  }
  if (!differs) return content;
  return [...lines.values()]
    .sort((one, other) => one.place - other.place)
    .map(({ line }) => written(line))
    .join('');
}

interface Placed {
  readonly line: Line;
  readonly place: number;
}

function keyed(content: string): Map<string, Placed> {
  const lines = content.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return new Map(lines.map((text, place) => [text, place] as const).map(placedLine));
}

function placedLine([text, place]: readonly [string, number]): [string, Placed] {
  const line = parsed(text) ?? { type: undefined, key: text, options: [], comment: '' };
  return [line.key, { line, place }];
}

function wantedKeys({ keys, options, comment }: WantedKeys): Line[] {
  return keys
    .split(/\r\n|\r|\n/)
    .filter((text) => text !== '' && !text.startsWith('#'))
    .map((text) => {
      const line = parsed(text);
      if (line === undefined) throw new InvalidKey(`invalid key specified: ${text}`);
      return {
        ...line,
        ...(options === undefined ? {} : { options: optionsIn(options) }),
        ...(comment === undefined ? {} : { comment }),
      };
    });
}

/** Undefined where there is no key in a text. */
function parsed(text: string): Line | undefined {
  const words = text
    .replaceAll('\\#', '#')
    .split(/[ \t\r\n]+/)
    .filter((word) => word !== '');
  const at = words[0] === '#' ? -1 : words.findIndex((word) => TYPES.has(word));
  const [type, key] = [words[at], words[at + 1]];
  if (at < 0 || type === undefined || key === undefined) return undefined;
  return { type, key, options: optionsIn(words.slice(0, at).join(' ')), comment: words.slice(at + 2).join(' ') };
}

/** Commas within quotes part nothing. */
function optionsIn(text: string): Options {
  const parts = text.split(/((?:[^,"']|"[^"]*"|'[^']*')+)/).slice(1, -1);
  return parts
    .filter((part) => part !== ',')
    .map((part) => {
      const at = part.indexOf('=');
      return at < 0 ? [part, undefined] : [part.slice(0, at), part.slice(at + 1)];
    });
}

/** The order of options with different names says nothing. */
function isSame(one: Line, other: Line): boolean {
  const told = ({ type, key, options, comment }: Line) =>
    JSON.stringify([type, key, comment, [...options].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))]);
  return told(one) === told(other);
}

function written({ type, key, options, comment }: Line): string {
  // What stood in the last line without its end must not run into the next key.
  if (type === undefined) return key.endsWith('\n') ? key : `${key}\n`;
  const words = options.map(([name, value]) => (value === undefined ? name : `${name}=${value}`));
  return `${words.length === 0 ? '' : `${words.join(',')} `}${type} ${key} ${comment}\n`;
}

const PLAIN_TYPES = [
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-ed25519',
  'ssh-dss',
  'ssh-rsa',
  'rsa-sha2-256',
  'rsa-sha2-512',
];
const SECURITY_KEYS = ['sk-ecdsa-sha2-nistp256', 'sk-ssh-ed25519', 'ssh-xmss'];

const TYPES: ReadonlySet<string> = new Set([
  ...PLAIN_TYPES.flatMap((type) => [type, `${type}-cert-v01@openssh.com`]),
  ...SECURITY_KEYS.flatMap((type) => [`${type}@openssh.com`, `${type}-cert-v01@openssh.com`]),
  'webauthn-sk-ecdsa-sha2-nistp256@openssh.com',
]);
