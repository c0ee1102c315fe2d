import type { ConfigFile, ConfigItem } from './ssh-config-file.js';
import { badLine, type ConfigLine } from './ssh-config-line.js';
import { matchesPattern, matchesPatterns } from './wildcard.js';

/** What a configuration says of one host: of each keyword the line that counts; of some, all lines. */
export interface HostConfig {
  /** `proxy` stands for ProxyJump and ProxyCommand, of which the first counts. */
  line(keyword: string): ConfigLine | undefined;
  /** All lines of a keyword whose values add up (`IdentityFile`), or the one that counts. */
  lines(keyword: string): readonly ConfigLine[];
  readonly keywords: readonly string[];
  /** Conditions that cannot be told without running a command or a second pass, as sentences with their place. */
  readonly passedOver: readonly string[];
}

export interface LookUp {
  /** As it would stand on ssh's command line. */
  readonly host: string;
  /** Settings that go before all files: variables and options. */
  readonly given: readonly ConfigLine[];
  /** The user's file, then the system's. */
  readonly files: readonly ConfigFile[];
  readonly localUser: string;
}

/**
 * Looks a host up as ssh does: of each keyword the first value wins. `Match exec` is never run, and `final` and
 * `canonical` would need a second pass: blocks under them are passed over, and told.
 *
 * @throws FixError `ssh/config` for a `Host` or `Match` that cannot be right
 * @see OpenSSH 9.2 `readconf.c`, `match_cfg_line`
 */
export function lookUpHost({ host, given, files, localUser }: LookUp): HostConfig {
  const found = new Map<string, ConfigLine[]>();
  const passedOver: string[] = [];
  const state: MatchState = {
    original: host,
    localUser,
    hostName: () =>
      found.get('hostname')?.[0]?.words[0]?.replace(/%([h%])/g, (_, c) => (c === 'h' ? host : '%')) ?? host,
    user: () => found.get('user')?.[0]?.words[0] ?? localUser,
    passOver: (what) => passedOver.push(what),
  };
  const keep = (line: ConfigLine) => {
    const keyword = ONE_PLACE[line.keyword] ?? line.keyword;
    const before = found.get(keyword);
    if (before === undefined) found.set(keyword, [line]);
    else if (ADD_UP.has(keyword)) {
      if (before.length >= MOST) throw badLine(line, `there are more than ${MOST} lines of ${line.written}`);
      before.push(line);
    }
  };
  for (const line of given) keep(line);
  for (const file of files) walk(file, true, state, keep);
  return {
    line: (keyword) => found.get(keyword)?.[0],
    lines: (keyword) => found.get(keyword) ?? [],
    keywords: [...found.keys()],
    passedOver,
  };
}

/** Two keywords that say the same thing: the first of either counts. */
const ONE_PLACE: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  proxyjump: 'proxy',
  proxycommand: 'proxy',
  challengeresponseauthentication: 'kbdinteractiveauthentication',
  skeyauthentication: 'kbdinteractiveauthentication',
  dsaauthentication: 'pubkeyauthentication',
  pubkeyacceptedkeytypes: 'pubkeyacceptedalgorithms',
});

/** As many identity files as OpenSSH takes. */
const MOST = 100;

const ADD_UP = new Set(['identityfile', 'certificatefile', 'sendenv', 'setenv', 'localforward', 'remoteforward']);

interface MatchState {
  readonly original: string;
  readonly localUser: string;
  hostName(): string;
  user(): string;
  passOver(what: string): void;
}

/** An included file begins as active as the line that includes it, and cannot change what follows that line. */
function walk(items: readonly ConfigItem[], outer: boolean, state: MatchState, keep: (line: ConfigLine) => void): void {
  let active = outer;
  for (const { line, included } of items) {
    if (line.keyword === 'host') active = outer && hostFits(line, state);
    else if (line.keyword === 'match') active = outer && matchFits(line, state);
    else if (included !== undefined) for (const file of included) walk(file, active, state, keep);
    else if (active) keep(line);
  }
}

function hostFits(line: ConfigLine, { original }: MatchState): boolean {
  return matchesPatterns(line.words, original);
}

function matchFits(line: ConfigLine, state: MatchState): boolean {
  const words = matchWords(line.rest);
  if (words.length === 0) throw badLine(line, 'Match has no condition');
  const unknowable: string[] = [];
  let fits = true;
  // By index: taking words off a long list one by one would take time that grows with its square.
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] as string;
    const negated = word.startsWith('!');
    const condition = word.slice(negated ? 1 : 0).toLowerCase();
    if (condition === 'all') continue;
    if (condition === 'canonical' || condition === 'final') {
      unknowable.push(condition);
      continue;
    }
    at += 1;
    const value = words[at];
    if (value === undefined) throw badLine(line, `Match ${condition} has no value`);
    const met = conditionMet(condition, value, state);
    if (met === undefined) unknowable.push(condition);
    else fits &&= met !== negated;
  }
  if (fits && unknowable.length > 0) {
    const run = unknowable.includes('exec') ? ' (no command of a configuration is run)' : '';
    state.passOver(
      `${line.at}: Match ${unknowable.join(', ')} is not honoured${run}; the lines under it are passed over`,
    );
  }
  return fits && unknowable.length === 0;
}

/** @returns undefined for a condition that is not honoured */
function conditionMet(condition: string, value: string, state: MatchState): boolean | undefined {
  const patterns = value.split(',');
  const small = patterns.map((pattern) => pattern.toLowerCase());
  switch (condition) {
    case 'host':
      return matchesPatterns(small, state.hostName().toLowerCase());
    case 'originalhost':
      return matchesPatterns(small, state.original.toLowerCase());
    case 'user':
      return matchesPatterns(patterns, state.user());
    case 'localuser':
      return matchesPatterns(patterns, state.localUser);
    case 'tagged':
      return matchesPattern(value, '');
    default:
      return undefined;
  }
}

/** Words split at blanks and `=`, double quotes kept together; a comment ends them. */
function matchWords(rest: string): string[] {
  const words: string[] = [];
  for (const [, quoted, plain] of rest.matchAll(/"([^"]*)"?|([^\s="]+)/g)) {
    if (plain?.startsWith('#')) break;
    words.push(quoted ?? (plain as string));
  }
  return words;
}
