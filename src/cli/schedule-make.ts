import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { findProfile, withOptions } from '../compliance/read-profile.js';
import { findWaivers } from '../compliance/read-waivers.js';
import { FixError } from '../core/error.js';
import { readRegularFile } from '../core/read-text.js';
import { printableLine } from '../core/text.js';
import { parseReportOption } from '../formats/write-report.js';
import { type Inventory, limitHosts } from '../inventory/index.js';
import type { Credential, Schedule, ServiceUser } from '../schedule/schedule.js';
import { scheduleName } from '../schedule/schedule-name.js';
import { isUserName, whyNoOwnUser } from '../schedule/service-user.js';
import type { CommandWord } from '../schedule/systemd-quote.js';
import { openVault } from './open-vault.js';
import { readInventory } from './read-inventory.js';
import { type CheckWord, type CheckWords, folderOfReport, readCheckWords } from './schedule-words.js';
import { stateFolder } from './state-folder.js';

/** What `schedule install` is asked for. */
export interface ScheduleOptions {
  readonly onCalendar: string;
  readonly name?: string;
  readonly user?: boolean;
  readonly runAs?: string;
  /** Seconds. */
  readonly randomizedDelay: number;
  /** Seconds. */
  readonly timeout: number;
  readonly findingsSucceed?: boolean;
}

/** Who installs, and where. */
export interface Installer {
  readonly cwd: string;
  readonly home: string;
  /** Of the user, or of the one who became root by sudo. */
  readonly userName: string;
  readonly program: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export interface MadeSchedule {
  readonly schedule: Schedule;
  /** What its reader should know. */
  readonly notes: readonly string[];
}

/**
 * A schedule out of the command line. The inventory is read, with its vault, and the files that options name are
 * looked for, so that what fails fails now and not at night.
 *
 * @param check the command that the words after `--` belong to
 * @throws FixError of the inventory, the vault, a file; `cli/usage`
 */
export async function makeSchedule(
  named: string,
  words: readonly string[],
  options: ScheduleOptions,
  check: Command,
  who: Installer,
): Promise<MadeSchedule> {
  const path = named.includes(',') ? named : resolve(who.cwd, named);
  const name = scheduleName(path, options.name);
  const read = readCheckWords(check, words, who);
  const inventory = await loadAll(path, read);
  for (const word of read.words) refuseMissing(word);
  const gathered = gather(path, inventory, read, who);
  const chosen = userOf(options, gathered, who);
  const dynamic = chosen.user.kind === 'dynamic';
  const schedule: Schedule = {
    name,
    onCalendar: options.onCalendar,
    randomizedDelaySeconds: options.randomizedDelay,
    timeoutSeconds: options.timeout,
    inventory: path,
    program: who.program,
    options: dynamic ? handedOver(read, who).words : read.words.map(plainWord),
    workingFolder: dynamic ? '/' : path === named && path.includes(',') ? who.cwd : dirname(path),
    user: chosen.user,
    stateFolder: gathered.stateFolder ?? (options.user ? stateFolder(undefined, who.env, who.home) : undefined),
    reportFolders: gathered.reportFolders,
    reads: gathered.reads,
    credentials: dynamic ? handedOver(read, who).credentials : [],
    findingsSucceed: options.findingsSucceed === true,
  };
  return { schedule, notes: [...chosen.notes, ...localHosts(inventory)] };
}

/** Reads all that the check will read before it connects. Relative paths were made absolute only in the words. */
async function loadAll(path: string, { options }: CheckWords): Promise<Inventory> {
  // What the environment names is not there when systemd starts the check.
  const inventory = await readInventory(path, { vault: await openVault(options, {}) });
  if (options.limit !== undefined) limitHosts(inventory, [...inventory.hosts.values()], options.limit);
  withOptions(findProfile(path, options.profile), options);
  findWaivers(path, options.waivers);
  options.report.forEach(parseReportOption);
  return inventory;
}

/** @throws FixError `file/missing` */
function refuseMissing(word: CheckWord): void {
  const { path, use, before } = word;
  if (path === undefined || use === 'state') return;
  const option = before.split('=', 1)[0] as string;
  if (use === 'secret') readRegularFile(path, `the file of ${option}`);
  else if (use === 'read') mustBeReadable(path, option);
  else if (!isFolder(folderOfReport(word)))
    throw new FixError('file/missing', `there is no folder ${printableLine(folderOfReport(word))} for the report`, {
      hint: 'Make it first: a service may write only into folders that there are.',
    });
}

function mustBeReadable(path: string, option: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch (cause) {
    const shown = printableLine(path);
    throw new FixError('file/missing', `cannot read ${shown}`, { hint: `Check ${option}.`, at: path, cause });
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

interface Gathered {
  readonly namesKey: boolean;
  readonly reads: readonly string[];
  readonly reportFolders: readonly string[];
  readonly stateFolder: string | undefined;
  readonly personal: readonly { readonly path: string; readonly what: string }[];
}

function gather(path: string, inventory: Inventory, { words, options }: CheckWords, who: Installer): Gathered {
  const of = (use: CheckWord['use']) => words.filter((word) => word.use === use);
  const programs = of('secret').filter((word) => isProgram(word.path as string));
  const config = join(who.home, '.ssh', 'config');
  return {
    namesKey: options.privateKey !== undefined,
    reads: [
      ...(path.includes(',') ? [] : [path, ...filesBeside(path)]),
      ...who.program,
      ...of('read').map((word) => word.path as string),
    ],
    reportFolders: of('report').map(folderOfReport),
    stateFolder: of('state').at(-1)?.path,
    personal: [
      ...programs.map((word) => ({ path: word.path as string, what: 'a program that prints a password' })),
      ...keysOf(inventory),
      ...(options.sshConfig === undefined && existsSync(config)
        ? [{ path: config, what: 'your ssh configuration' }]
        : []),
    ],
  };
}

function isProgram(path: string): boolean {
  return ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o111) !== 0;
}

/** Variables files, a profile and waivers beside an inventory. */
function filesBeside(inventory: string): string[] {
  const folder = dirname(inventory);
  const names = ['group_vars', 'host_vars', 'profile.yaml', 'waivers.yaml'].map((name) => join(folder, name));
  return names.filter((path) => existsSync(path)).flatMap((path) => [path, ...(isFolder(path) ? within(path) : [])]);
}

function within(folder: string): string[] {
  return readdirSync(folder).map((name) => join(folder, name));
}

const KEY_VARIABLES = ['ansible_ssh_private_key_file', 'ansible_private_key_file'];

function keysOf({ hosts }: Inventory): { path: string; what: string }[] {
  for (const { name, vars } of hosts.values()) {
    const key = KEY_VARIABLES.map((variable) => vars[variable]).find((value) => value !== undefined);
    if (key !== undefined) return [{ path: printableLine(String(key)), what: `the key of ${printableLine(name, 80)}` }];
  }
  return [];
}

function userOf(options: ScheduleOptions, gathered: Gathered, who: Installer): { user: ServiceUser; notes: string[] } {
  const { runAs } = options;
  if (options.user) {
    if (runAs === undefined) return { user: { kind: 'manager' }, notes: [LINGER] };
    throw usage('--run-as and --user do not go together', 'A service of a user runs as that user.');
  }
  if (runAs !== undefined && runAs !== 'dynamic') return { user: namedUser(runAs), notes: [] };
  const reasons = whyNoOwnUser(gathered);
  if (reasons.length === 0) return { user: { kind: 'dynamic' }, notes: [OWN_USER] };
  if (runAs === 'dynamic')
    throw usage(
      `the check cannot run as a user of its own: ${reasons.map((one) => printableLine(one)).join('; ')}`,
      FILES,
    );
  const why = printableLine(reasons[0] as string);
  return { user: namedUser(who.userName), notes: [`It runs as ${who.userName} and not as a user of its own: ${why}.`] };
}

const LINGER = 'It runs while you are logged in; `loginctl enable-linger` lets it run always.';
const OWN_USER = 'It runs as a user that there is only while it runs; systemd hands it the key.';
const FILES = 'Move what it names to where everybody may read it, or let it run as somebody: --run-as NAME.';

function namedUser(name: string): ServiceUser {
  if (isUserName(name)) return { kind: 'named', name };
  throw usage(`${JSON.stringify(printableLine(name, 60))} is no name of a user`, 'Name a user of this machine.');
}

function plainWord({ before, path = '' }: CheckWord): string {
  return `${before}${path}`;
}

/** Secrets become credentials, and so do the hosts' keys, as a user without a home knows none. */
function handedOver(
  { words, options }: CheckWords,
  { home }: Installer,
): { words: CommandWord[]; credentials: Credential[] } {
  const credentials: Credential[] = [];
  const out = words.map((word): CommandWord => {
    if (word.use !== 'secret') return plainWord(word);
    const option = word.before.slice(2).split('=', 1)[0] as string;
    const earlier = credentials.filter(({ name }) => name.replace(/-\d+$/, '') === option).length;
    const credential = earlier === 0 ? option : `${option}-${earlier + 1}`;
    credentials.push({ name: credential, from: { path: word.path as string } });
    return { before: word.before, credential };
  });
  const known = join(home, '.ssh', 'known_hosts');
  if (options.sshConfig !== undefined || !existsSync(known)) return { words: out, credentials };
  credentials.push({ name: 'known-hosts', from: { path: known } }, { name: 'ssh-config', from: { text: SSH_CONFIG } });
  return { words: [...out, { before: '--ssh-config=', credential: 'ssh-config' }], credentials };
}

/** The first known_hosts file is the one that new keys are recorded in: it is in the service's own folder. */
const SSH_CONFIG =
  'Include /etc/ssh/ssh_config\nHost *\nUserKnownHostsFile ~/.ssh/known_hosts ${CREDENTIALS_DIRECTORY}/known-hosts\n';

function localHosts({ hosts }: Inventory): string[] {
  const local = [...hosts.values()].find(({ vars }) => vars.ansible_connection === 'local');
  if (local === undefined) return [];
  return [
    `${printableLine(local.name, 80)} is this machine: its facts are read inside the service's sandbox, without sudo.`,
  ];
}

function usage(message: string, hint: string): FixError {
  return new FixError('cli/usage', message, { hint });
}
