import { resolve } from 'node:path';
import type { Secret } from '../core/script.js';
import type { ConnectionSettings } from '../inventory/index.js';
import { type SshArguments, sshArguments, valueLine } from '../transport/ssh-arguments.js';
import { type HostConfig, lookUpHost } from '../transport/ssh-config.js';
import type { ConfigFile } from '../transport/ssh-config-file.js';
import { badLine, type ConfigLine } from '../transport/ssh-config-line.js';
import type { Jump } from '../transport/ssh-config-proxy.js';
import { type Asker, type SshSettings, sshSettings } from '../transport/ssh-settings.js';
import type { SshTarget } from '../transport/ssh-target.js';
import { CONNECT_TIMEOUT_SECONDS, KEEPALIVE_SECONDS, type ReachOptions } from './reach-options.js';

/** Where the rest comes from. */
export interface Surroundings extends Asker {
  /** The files of a configuration, parsed once; undefined for the user's and the system's. */
  configFiles(named: string | undefined): readonly ConfigFile[];
  /** For hosts to which the inventory gives none. */
  readonly password?: Secret | undefined;
}

const MAX_JUMPS = 8;

/** Where to connect, and what was asked for that is not done, as sentences. */
export interface Reached {
  readonly target: SshTarget;
  readonly notHonoured: readonly string[];
}

/**
 * How a host is reached. What says it first counts: the inventory's variables, the options in `ansible_ssh_*args`,
 * the command line, the ssh configuration, what is usual. Jump hosts are looked up in the configuration too.
 *
 * @throws FixError `inventory/invalid`, `ssh/config`, `file/missing`
 */
export function sshTargetOf(
  name: string,
  settings: ConnectionSettings,
  options: ReachOptions,
  around: Surroundings,
): Reached {
  const args = settings.sshArguments.map(({ variable, text }) => {
    return sshArguments(text, { at: `${variable} of ${name}`, variable });
  });
  const place: Place = {
    name,
    host: settings.host,
    given: [...variableLines(name, settings), ...args.flatMap(({ lines }) => lines), ...optionLines(options)],
    configFile: args.find(({ configFile }) => configFile !== undefined)?.configFile ?? options.sshConfig,
    keyFiles: keyFilesOf(settings, options),
    password: settings.password ?? around.password,
  };
  const notHonoured = args.flatMap((one, index) => strays(one, settings.sshArguments[index]?.variable ?? ''));
  const target = placed(place, { options, around, notHonoured, jumps: 0 });
  return { target, notHonoured };
}

interface Place {
  readonly name: string;
  readonly host: string;
  readonly given: readonly ConfigLine[];
  readonly configFile: string | undefined;
  readonly keyFiles: readonly string[];
  readonly password: Secret | undefined;
  /** The only user whom the password is for; undefined for whoever it is. */
  readonly passwordOf?: string | undefined;
}

interface Search {
  readonly options: ReachOptions;
  readonly around: Surroundings;
  readonly notHonoured: string[];
  readonly jumps: number;
}

function placed(place: Place, search: Search, through?: SshTarget): SshTarget {
  const { options, around } = search;
  const files = around.configFiles(place.configFile);
  const found = lookUpHost({ host: place.host, given: place.given, files, localUser: around.localUser });
  const settings = sshSettings(found, place.host, around);
  search.notHonoured.push(...settings.notHonoured);
  const { hostName, port, user } = settings;
  const target: SshTarget = {
    ...{ name: place.name, address: hostName, port, user },
    password: (place.passwordOf ?? user) === user ? place.password : undefined,
    privateKeyFiles: place.keyFiles,
    identityFiles: settings.identityFiles?.map((file) => resolve(file)),
    identitiesOnly: settings.identitiesOnly,
    methods: settings.methods,
    agentSocket: settings.agentSocket,
    algorithms: settings.algorithms,
    addressFamily: settings.addressFamily,
    knownHostsFiles: knownHostsFilesOf(settings, around),
    hashKnownHosts: settings.hashKnownHosts,
    hostKeyAlias: settings.hostKeyAlias,
    strictHostKeyChecking: strictnessOf(settings, options),
    connectTimeoutMs: connectTimeoutSeconds(found, settings, options) * 1000,
    keepaliveIntervalMs: (settings.keepaliveSeconds ?? options.keepalive ?? KEEPALIVE_SECONDS) * 1000,
    keepaliveCountMax: settings.keepaliveCountMax,
  };
  // A host that is one in a chain is reached through the one before it, whatever its own configuration says.
  if (through !== undefined) return { ...target, jump: through };
  const jump = settings.jumps.reduce<SshTarget | undefined>((before, hop) => {
    const inner = { ...search, jumps: search.jumps + 1 };
    if (inner.jumps > MAX_JUMPS) throw badLine(found.line('proxy') as ConfigLine, 'jump hosts go round in a circle');
    return placed(jumpPlace(hop, place, target), inner, before);
  }, undefined);
  return { ...target, jump };
}

/** A jump host is checked and logged in to with what was said of the host, but as its own user. */
function jumpPlace(hop: Jump, place: Place, target: SshTarget): Place {
  const at = `the jump host ${hop.host}`;
  const user = hop.user === undefined ? [] : [valueLine('User', hop.user, { at })];
  const port = hop.port === undefined ? [] : [valueLine('Port', String(hop.port), { at })];
  const shared = place.given.filter(({ keyword }) => SHARED_WITH_JUMPS.has(keyword));
  return {
    name: hop.host,
    host: hop.host,
    given: [...user, ...port, ...hop.given, ...shared],
    configFile: hop.configFile ?? place.configFile,
    keyFiles: place.keyFiles,
    // An account of the same name is taken to be the same person's.
    password: place.password,
    passwordOf: target.user,
  };
}

const SHARED_WITH_JUMPS = new Set([
  'userknownhostsfile',
  'globalknownhostsfile',
  'stricthostkeychecking',
  'connecttimeout',
  'serveraliveinterval',
  'serveralivecountmax',
]);

function variableLines(name: string, settings: ConnectionSettings): ConfigLine[] {
  const line = (written: string, value: string | number | undefined, variable: string) =>
    value === undefined ? [] : [valueLine(written, String(value), { at: `${variable} of ${name}`, variable })];
  return [
    ...line('Port', settings.port, 'ansible_port'),
    ...line('User', settings.user, 'ansible_user'),
    ...line('ConnectTimeout', settings.connectTimeoutSeconds, 'ansible_timeout'),
    ...line(
      'StrictHostKeyChecking',
      settings.hostKeyChecking === false ? 'no' : undefined,
      'ansible_host_key_checking',
    ),
  ];
}

function optionLines({ user }: ReachOptions): ConfigLine[] {
  return user === undefined ? [] : [valueLine('User', user, { at: '--user' })];
}

/** The command line, which knows fractions, stands between the inventory and the configuration. */
function connectTimeoutSeconds(found: HostConfig, said: SshSettings, { connectTimeout }: ReachOptions): number {
  const byInventory = found.line('connecttimeout')?.variable !== undefined;
  const seconds = byInventory ? said.connectTimeoutSeconds : (connectTimeout ?? said.connectTimeoutSeconds);
  return seconds ?? CONNECT_TIMEOUT_SECONDS;
}

function keyFilesOf(settings: ConnectionSettings, options: ReachOptions): string[] {
  const file = settings.privateKeyFile ?? options.privateKey;
  return file === undefined ? [] : [resolve(file)];
}

function knownHostsFilesOf(settings: SshSettings, { home }: Surroundings): string[] {
  const own = settings.userKnownHostsFiles ?? [`${home}/.ssh/known_hosts`, `${home}/.ssh/known_hosts2`];
  const system = settings.globalKnownHostsFiles ?? ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];
  // New keys are recorded in the first: never in the system's.
  return [...(own.length > 0 ? own : ['/dev/null']), ...system];
}

/** There is nobody to ask: `ask` is answered with no. */
function strictnessOf(
  { strictHostKeyChecking }: SshSettings,
  options: ReachOptions,
): SshTarget['strictHostKeyChecking'] {
  const wanted = strictHostKeyChecking === 'ask' ? 'yes' : (strictHostKeyChecking ?? 'yes');
  return options.acceptNewHostKeys && wanted === 'yes' ? 'accept-new' : wanted;
}

function strays({ notHonoured, operands, forward }: SshArguments, variable: string): string[] {
  const words = [...notHonoured, ...operands, ...(forward === undefined ? [] : [`-W ${forward}`])];
  return words.map((word) => `${word} in ${variable} is not honoured`);
}
