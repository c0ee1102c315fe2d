import { printableLine } from '../core/text.js';
import { namedAlgorithms, type SshAlgorithms } from './ssh-algorithms.js';
import type { HostConfig } from './ssh-config.js';
import { isNotHonoured } from './ssh-config-keywords.js';
import { badLine } from './ssh-config-line.js';
import { type Jump, jumpsOf } from './ssh-config-proxy.js';
import { expanded, type TokenValues } from './ssh-config-tokens.js';

export type StrictHostKeyChecking = 'yes' | 'no' | 'ask' | 'accept-new';
export type LoginMethod = 'publickey' | 'keyboard-interactive' | 'password';

/** What a configuration says of a host, with everything expanded. What is undefined was not said. */
export interface SshSettings {
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  /** In order; empty for `none`. */
  readonly identityFiles: readonly string[] | undefined;
  readonly identitiesOnly: boolean;
  /** An agent's socket; empty for `none`. */
  readonly agentSocket: string | undefined;
  readonly jumps: readonly Jump[];
  readonly connectTimeoutSeconds: number | undefined;
  /** 0 turns it off. */
  readonly keepaliveSeconds: number | undefined;
  readonly keepaliveCountMax: number | undefined;
  readonly userKnownHostsFiles: readonly string[] | undefined;
  readonly globalKnownHostsFiles: readonly string[] | undefined;
  readonly hashKnownHosts: boolean;
  readonly strictHostKeyChecking: StrictHostKeyChecking | undefined;
  readonly hostKeyAlias: string | undefined;
  readonly algorithms: SshAlgorithms;
  /** In the order in which they are tried. */
  readonly methods: readonly LoginMethod[];
  readonly addressFamily: 4 | 6 | undefined;
  /** Lines and conditions that change nothing here, as sentences with their place. */
  readonly notHonoured: readonly string[];
}

/** Who asks, for tokens and for what is not said. */
export type Asker = Pick<TokenValues, 'home' | 'localUser' | 'localHost' | 'env'>;

/**
 * Reads what was found for a host.
 *
 * @param host as it would stand on ssh's command line
 * @throws FixError `ssh/config` (`inventory/invalid` for a variable) for a value that does not fit, a `ProxyCommand`
 *   that is no jump, or `RevokedHostKeys`
 */
export function sshSettings(found: HostConfig, host: string, asker: Asker): SshSettings {
  const read = reader(found);
  const user = read.word('user') ?? asker.localUser;
  const port = read.number('port', 1, 65_535) ?? 22;
  const hostName = read.hostName(host);
  const hostKeyAlias = read.word('hostkeyalias');
  const values: TokenValues = { ...asker, original: host, hostName, port, user, hostKeyAlias };
  read.refuse('revokedhostkeys', 'is not supported: list such keys with @revoked in a known_hosts file');
  return {
    ...{ hostName, port, user, hostKeyAlias },
    identityFiles: read.identityFiles(values),
    identitiesOnly: read.flag('identitiesonly') ?? false,
    agentSocket: read.agentSocket(values),
    jumps: read.jumps(values),
    connectTimeoutSeconds: read.seconds('connecttimeout', 1),
    keepaliveSeconds: read.seconds('serveraliveinterval', 0),
    keepaliveCountMax: read.number('serveralivecountmax', 1, 1000),
    userKnownHostsFiles: read.paths('userknownhostsfile', values),
    globalKnownHostsFiles: read.paths('globalknownhostsfile', values),
    hashKnownHosts: read.flag('hashknownhosts') ?? false,
    strictHostKeyChecking: read.strictness(),
    algorithms: read.algorithms(),
    methods: read.methods(),
    addressFamily: read.choice('addressfamily', { any: undefined, inet: 4, inet6: 6 } as const),
    notHonoured: [...found.passedOver, ...found.keywords.flatMap((keyword) => notHonoured(found, keyword))],
  };
}

function notHonoured(found: HostConfig, keyword: string): string[] {
  const line = found.line(keyword);
  if (line === undefined || !isNotHonoured(line, keyword)) return [];
  return [printableLine(`${line.at}: ${line.written} ${line.rest} is not honoured`)];
}

const FLAGS = { yes: true, true: true, on: true, no: false, false: false, off: false } as const;
const STRICT: Readonly<Record<string, StrictHostKeyChecking>> = {
  ...{ yes: 'yes', true: 'yes', on: 'yes' },
  ...{ no: 'no', false: 'no', off: 'no' },
  ...{ ask: 'ask', 'accept-new': 'accept-new' },
};
const METHODS: readonly LoginMethod[] = ['publickey', 'password', 'keyboard-interactive'];
const METHOD_KEYWORD = {
  publickey: 'pubkeyauthentication',
  password: 'passwordauthentication',
  'keyboard-interactive': 'kbdinteractiveauthentication',
} as const;

function reader(found: HostConfig) {
  const word = (keyword: string) => found.line(keyword)?.words[0];

  function choice<T>(keyword: string, choices: Readonly<Record<string, T>>): T | undefined {
    const line = found.line(keyword);
    const text = line?.words[0]?.toLowerCase();
    if (line === undefined || text === undefined) return undefined;
    if (Object.hasOwn(choices, text)) return choices[text];
    throw badLine(line, `${line.written} is one of ${Object.keys(choices).join(', ')}, not ${text}`);
  }

  function number(keyword: string, least: number, most: number): number | undefined {
    const line = found.line(keyword);
    const text = line?.words[0];
    if (line === undefined || text === undefined) return undefined;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw badLine(line, `${line.written} has to be ${least} to ${most}, not ${text}`);
  }

  const flag = (keyword: string) => choice(keyword, FLAGS);
  return {
    word,
    choice,
    number,
    flag,
    refuse(keyword: string, why: string): void {
      const line = found.line(keyword);
      if (line !== undefined && line.rest.toLowerCase() !== 'none') throw badLine(line, `${line.written} ${why}`);
    },
    hostName(host: string): string {
      const line = found.line('hostname');
      const name = line?.words[0]?.replace(/%(.?)/g, (token, letter) => {
        if (letter === 'h') return host;
        if (letter === '%') return '%';
        throw badLine(line, `HostName takes %h and %%, not ${token}`);
      });
      return name ?? host;
    },
    identityFiles(values: TokenValues): string[] | undefined {
      const lines = found.lines('identityfile');
      if (lines.length === 0) return undefined;
      const files = lines.filter((line) => line.words[0]?.toLowerCase() !== 'none');
      return [...new Set(files.map((line) => expanded(line.words[0] as string, values, line)))];
    },
    agentSocket(values: TokenValues): string | undefined {
      const line = found.line('identityagent');
      const text = line?.words[0];
      if (line === undefined || text === undefined) return undefined;
      if (text.toLowerCase() === 'none') return '';
      const name = text === 'SSH_AUTH_SOCK' ? text : /^\$(\w+)$/.exec(text)?.[1];
      return name === undefined ? expanded(text, values, line) : (values.env(name) ?? '');
    },
    jumps(values: TokenValues): Jump[] {
      const line = found.line('proxy');
      if (line === undefined) return [];
      return jumpsOf(line).map((jump) => ({
        ...jump,
        host: expanded(jump.host, values, line),
        user: jump.user === undefined ? undefined : expanded(jump.user, values, line),
      }));
    },
    paths(keyword: string, values: TokenValues): string[] | undefined {
      const line = found.line(keyword);
      if (line === undefined) return undefined;
      if (line.words.length === 1 && line.words[0]?.toLowerCase() === 'none') return [];
      return line.words.map((path) => expanded(path, values, line));
    },
    seconds(keyword: string, least: number): number | undefined {
      const line = found.line(keyword);
      const text = line?.words[0];
      if (line === undefined || text === undefined || text.toLowerCase() === 'none') return undefined;
      const value = secondsIn(text);
      if (value >= least && value <= 86_400) return value;
      throw badLine(line, `${line.written} has to be ${least} to 86400 seconds, not ${text}`);
    },
    strictness: () => choice('stricthostkeychecking', STRICT),
    algorithms(): SshAlgorithms {
      const named = (keyword: Parameters<typeof namedAlgorithms>[0]) => {
        const line = found.line(keyword);
        return line && namedAlgorithms(keyword, line);
      };
      return {
        kex: named('kexalgorithms'),
        cipher: named('ciphers'),
        hmac: named('macs'),
        serverHostKey: named('hostkeyalgorithms'),
      };
    },
    methods(): LoginMethod[] {
      const preferred = word('preferredauthentications')?.toLowerCase().split(',');
      const wished = preferred?.flatMap((name) => METHODS.filter((method) => method === name)) ?? METHODS;
      return [...new Set(wished)].filter((method) => flag(METHOD_KEYWORD[method]) !== false);
    },
  };
}

/** `90`, `1m30s`, `2h`; NaN for anything else. @see OpenSSH 9.2 `misc.c`, `convtime` */
function secondsIn(text: string): number {
  if (!/^(?:\d{1,9}[smhdw]?)+$/i.test(text)) return Number.NaN;
  const units = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)([smhdw]?)/gi)) {
    total += Number(amount) * units[(unit?.toLowerCase() || 's') as keyof typeof units];
  }
  return total;
}
