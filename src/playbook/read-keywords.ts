import { FixError } from '../core/error.js';
import type { SourceYaml } from '../core/yaml.js';
import type { Inherited, Variables } from './play.js';

export type Path = readonly (string | number)[];

/** One mapping of a playbook file, with the place to name in an error. */
export interface Section {
  readonly source: SourceYaml;
  readonly path: Path;
  readonly map: Variables;
}

/** The mapping at a path. @throws FixError `playbook/invalid` where something else stands there */
export function sectionAt(source: SourceYaml, path: Path, value: unknown, what: string): Section {
  if (!isMapping(value)) {
    throw invalid(source, path, `${what} has to be a mapping (key: value), not ${kindOf(value)}`);
  }
  return { source, path, map: value };
}

/** The list at a path; nothing there is an empty one. */
export function listAt(source: SourceYaml, path: Path, value: unknown, what: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid(source, path, `${what} has to be a list, not ${kindOf(value)}`);
  return value;
}

export function invalid(source: SourceYaml, path: Path, message: string, hint = 'Mend this line and run again.') {
  return new FixError('playbook/invalid', message, { hint, at: source.at(path) });
}

export function unsupported(source: SourceYaml, path: Path, message: string, hint: string) {
  return new FixError('playbook/unsupported', message, { hint, at: source.at(path) });
}

/** What every level may say, from one section. */
export function inheritedOf(section: Section): Inherited {
  const { map } = section;
  return {
    vars: variablesOf(section),
    become: map.become,
    becomeUser: map.become_user,
    becomeMethod: map.become_method,
    tags: wordsOf(section, 'tags').flatMap((tag) => tag.split(',').map((part) => part.trim())),
    ignoreErrors: map.ignore_errors,
    ignoreUnreachable: map.ignore_unreachable,
    checkMode: map.check_mode,
    diff: map.diff,
    noLog: map.no_log,
    environment: map.environment === undefined || map.environment === null ? [] : [map.environment].flat(),
    moduleDefaults:
      map.module_defaults === undefined || map.module_defaults === null ? [] : [map.module_defaults].flat(),
    connection: map.connection,
    remoteUser: map.remote_user,
    port: map.port,
    timeout: map.timeout,
    anyErrorsFatal: map.any_errors_fatal,
    runOnce: map.run_once,
    throttle: map.throttle,
    delegateTo: map.delegate_to,
    delegateFacts: map.delegate_facts,
  };
}

/** A keyword that holds one text or a list of texts. */
export function wordsOf({ source, path, map }: Section, key: string): string[] {
  const value = map[key];
  if (value === undefined || value === null) return [];
  const items = Array.isArray(value) ? value : [value];
  return items.map((item, index) => {
    if (typeof item === 'string') return item;
    if (typeof item === 'number') return String(item);
    throw invalid(source, Array.isArray(value) ? [...path, key, index] : [...path, key], `${key} takes texts`);
  });
}

/** A condition keyword: one expression or a list of them, all of which have to hold. Booleans are expressions too. */
export function conditionsOf({ source, path, map }: Section, key: string): string[] {
  const value = map[key];
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map((item) => {
    if (typeof item === 'string') return item;
    if (typeof item === 'boolean' || typeof item === 'number') return String(item);
    throw invalid(source, [...path, key], `${key} takes expressions`, `Write it as text: ${key}: item.size > 3`);
  });
}

export function textOf({ source, path, map }: Section, key: string): string | undefined {
  const value = map[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'object') throw invalid(source, [...path, key], `${key} takes a text`);
  return String(value);
}

function variablesOf({ source, path, map }: Section): Variables {
  if (map.vars === undefined || map.vars === null) return {};
  if (!isMapping(map.vars)) throw invalid(source, [...path, 'vars'], 'vars has to be a mapping of names to values');
  return map.vars;
}

export function isMapping(value: unknown): value is Variables {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a mapping' : `the ${typeof value} ${JSON.stringify(value)}`;
}
