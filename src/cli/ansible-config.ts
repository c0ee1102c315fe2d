import { accessSync, constants, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readText } from '../core/read-text.js';
import { printableLine } from '../core/text.js';
import { type CfgEntry, readCfgFile } from './ansible-cfg-file.js';
import type { CfgSurroundings, Kind, Written } from './ansible-setting-kinds.js';
import { ONLY, OTHER_ENV, SECTIONS_WITHOUT_EFFECT, SETTINGS, WITHOUT_EFFECT } from './ansible-settings.js';

/** A setting's value, and where it was set: `FILE:LINE`, or the name of a variable of the environment. */
export interface Placed<T> {
  readonly value: T;
  readonly at: string;
}

type ValueOf<S> = S extends { readonly kind: Kind<infer T> } ? T : never;

/** What was set; what was not is not there. */
export type AnsibleSettings = { readonly [Name in keyof typeof SETTINGS]?: Placed<ValueOf<(typeof SETTINGS)[Name]>> };

export interface AnsibleConfig {
  /** The `ansible.cfg` that was read. */
  readonly file: string | undefined;
  readonly settings: AnsibleSettings;
  /** What was set and is not honoured, each with its place. */
  readonly warnings: readonly string[];
}

/** Reads the first `ansible.cfg` that there is, and the environment. @throws FixError `cli/usage`, `file/*` */
export function readAnsibleConfig(around: CfgSurroundings, systemFile = '/etc/ansible/ansible.cfg'): AnsibleConfig {
  const { file, warnings } = findConfig(around, systemFile);
  const text = file === undefined ? undefined : readText(file, 'the configuration');
  const config = ansibleConfig(text === undefined || file === undefined ? undefined : { file, text }, around);
  return { ...config, warnings: [...warnings, ...config.warnings] };
}

/** ANSIBLE_CONFIG, the folder at hand, the home folder, the system: the first that can be read. */
function findConfig({ cwd, home, env }: CfgSurroundings, systemFile: string) {
  const warnings: string[] = [];
  const named = env.ANSIBLE_CONFIG === undefined ? undefined : configNamed(env.ANSIBLE_CONFIG, { cwd, home });
  if (named !== undefined && canRead(named)) return { file: named, warnings };
  if (named !== undefined) warnings.push(`ANSIBLE_CONFIG: ${printableLine(named)} cannot be read, and is passed over`);
  const here = join(cwd, 'ansible.cfg');
  if (canRead(here)) {
    if (!isWorldWritable(cwd)) return { file: here, warnings };
    warnings.push(`${printableLine(here)} is passed over: anybody may write to its folder`);
  }
  return { file: [join(home, '.ansible.cfg'), systemFile].find(canRead), warnings };
}

function configNamed(text: string, { cwd, home }: Pick<CfgSurroundings, 'cwd' | 'home'>): string {
  const path = resolve(cwd, text.replace(/^~(?=\/|$)/, home));
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? join(path, 'ansible.cfg') : path;
}

function canRead(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function isWorldWritable(folder: string): boolean {
  return ((statSync(folder, { throwIfNoEntry: false })?.mode ?? 0) & 0o002) !== 0;
}

/** What a configuration's text and the environment come to. Nothing is read. @throws FixError `cli/usage` */
export function ansibleConfig(
  given: { readonly file: string; readonly text: string } | undefined,
  around: CfgSurroundings,
): AnsibleConfig {
  const entries = given === undefined ? [] : readCfgFile(given.text, given.file);
  const byName = new Map(entries.map((entry) => [`${entry.section}.${entry.key}`, entry]));
  const values = Object.entries(SETTINGS).flatMap(([name, { ini, env, kind }]) => {
    const written = variableOf(env, around) ?? entryOf(ini, byName, given?.file);
    return written === undefined ? [] : [[name, { value: kind(written, around), at: written.at }]];
  });
  const settings = Object.fromEntries(values) as AnsibleSettings;
  const warnings = [...entries.flatMap(entryWarning), ...Object.entries(around.env).flatMap(environmentWarning)];
  return { file: given?.file, settings, warnings };
}

function variableOf(names: readonly string[], { env }: CfgSurroundings): Written | undefined {
  const name = names.findLast((one) => env[one] !== undefined);
  return name === undefined ? undefined : { text: env[name] as string, at: name, file: undefined };
}

function entryOf(
  names: readonly string[],
  entries: ReadonlyMap<string, CfgEntry>,
  file: string | undefined,
): Written | undefined {
  const entry = names.map((name) => entries.get(name)).findLast((one) => one !== undefined);
  return entry && { text: entry.value, at: entry.at, file };
}

const HONOURED: ReadonlySet<string> = new Set(Object.values(SETTINGS).flatMap(({ ini }) => ini));
const HONOURED_ENV: ReadonlySet<string> = new Set(Object.values(SETTINGS).flatMap(({ env }) => env));
const SILENT: ReadonlySet<string> = new Set(Object.values(WITHOUT_EFFECT).flat());
/** Read here in other ways, or for Ansible to find its own things. */
const SILENT_ENV: ReadonlySet<string> = new Set(['ANSIBLE_CONFIG', 'ANSIBLE_HOME']);

function entryWarning({ section, key, value, at }: CfgEntry): string[] {
  const name = `${section}.${key}`;
  if (HONOURED.has(name) || SECTIONS_WITHOUT_EFFECT.includes(section)) return [];
  return notHonoured(name, value) ? [`${at}: [${printableLine(section, 60)}] ${saying(key, value)}`] : [];
}

function environmentWarning([name, value]: [string, string | undefined]): string[] {
  if (!name.startsWith('ANSIBLE_') || value === undefined || HONOURED_ENV.has(name) || SILENT_ENV.has(name)) return [];
  if (name.startsWith('ANSIBLE_GALAXY_') || name.startsWith('ANSIBLE_COLOR_')) return [];
  const key = OTHER_ENV[name] ?? settingCalled(name.slice('ANSIBLE_'.length).toLowerCase());
  return key === undefined || notHonoured(key, value) ? [`the environment: ${saying(name, value)}`] : [];
}

/** `section.key` for a key that stands in one of the tables. */
function settingCalled(key: string): string | undefined {
  return [...Object.keys(ONLY), ...SILENT].find((name) => name.slice(name.indexOf('.') + 1) === key);
}

function notHonoured(name: string, value: string): boolean {
  if (SILENT.has(name)) return false;
  return !(ONLY[name]?.includes(value.trim().toLowerCase()) ?? false);
}

function saying(name: string, value: string): string {
  return `${printableLine(name, 60)} = ${printableLine(value, 80)} is not honoured here`;
}
