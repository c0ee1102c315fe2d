import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import process from 'node:process';
import { printableLine } from '../core/text.js';
import type { SourceYaml } from '../core/yaml.js';
import type { Role, Variables } from './play.js';
import { invalid, isMapping } from './read-keywords.js';
import { isFile, missing, type Opened, openWithin, type Reader } from './reader.js';

/** Which of a role's files are meant; `main` where nothing else is said. */
export interface RoleFiles {
  readonly tasks?: string;
  readonly handlers?: string;
  readonly vars?: string;
  readonly defaults?: string;
}

/** A role's files, opened. */
export interface OpenRole {
  readonly name: string;
  readonly path: string;
  readonly tasks: Opened | undefined;
  readonly handlers: Opened | undefined;
  readonly meta: Opened | undefined;
  readonly spec: RoleSpec | undefined;
  readonly vars: Variables;
  readonly defaults: Variables;
}

/** What a role wants its arguments held against, before its first task. */
export interface RoleSpec {
  readonly source: SourceYaml;
  readonly path: readonly string[];
  readonly options: Variables;
  readonly title: string;
}

/**
 * Finds a role and opens its files.
 *
 * @param name a path, or a name that is looked for in `roles/` beside the playbook, in the folders of
 *   `ANSIBLE_ROLES_PATH` or else in Ansible's own, beside the role at hand, and beside the playbook
 * @throws FixError `file/missing`, `playbook/invalid`, `playbook/unsupported`
 * @see ansible-core 2.14 `playbook/role/definition.py`, `playbook/role/__init__.py`
 */
export function openRole(reader: Reader, name: string, files: RoleFiles, at: string): OpenRole {
  const path = folderOf(reader, name, at);
  const open = (part: string, file = 'main') => openPart(reader, path, part, file, at);
  const tasks = open('tasks', files.tasks);
  const meta = open('meta');
  for (const [part, file] of Object.entries(files)) {
    if (file !== undefined && !candidates(path, part, file).some(isFile))
      throw missing(
        `${part}/${printableLine(file, 80)} of the role ${printableLine(name, 80)}`,
        candidates(path, part, file),
        at,
      );
  }
  return {
    name: basename(name),
    path,
    tasks,
    handlers: open('handlers', files.handlers),
    meta,
    spec: specOf(meta, open('meta', 'argument_specs'), files.tasks ?? 'main'),
    vars: variablesIn(open('vars', files.vars)),
    defaults: variablesIn(open('defaults', files.defaults)),
  };
}

/** A role with what it has from those that depend on it, and from those that it depends on. */
export function roleWith(
  opened: OpenRole,
  needs: readonly Role[],
  own: { vars: Variables; params: Variables },
  { inherited, parents }: Pick<Reader, 'inherited' | 'parents'>,
): Role {
  const { name, path, vars, defaults, meta } = opened;
  return {
    name,
    path,
    defaults: Object.assign({}, ...needs.map((role) => role.defaults), inherited.defaults, defaults),
    vars: Object.assign({}, inherited.vars, ...needs.map((role) => role.vars), own.vars, vars),
    params: { ...inherited.params, ...own.params },
    parents,
    allowsDuplicates: isMapping(meta?.source.value) && meta.source.value.allow_duplicates === true,
  };
}

/** Whether there is a role of that name. */
export function roleIsThere(reader: Reader, name: string): boolean {
  return rolePlaces(reader, name).some(isFolder);
}

function folderOf(reader: Reader, name: string, at: string): string {
  const places = rolePlaces(reader, name);
  const found = places.find(isFolder);
  if (found === undefined) throw missing(`the role ${printableLine(name, 80)}`, places, at);
  return found;
}

function isFolder(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Where roles are, besides beside the playbook, where nothing else is said. */
export function usualRolesPath(): string[] {
  const set = process.env.ANSIBLE_ROLES_PATH?.split(':').filter((path) => path !== '');
  return set ?? [join(homedir(), '.ansible/roles'), '/usr/share/ansible/roles', '/etc/ansible/roles'];
}

function rolePlaces({ playbookFolder, role, rolesPath }: Reader, name: string): string[] {
  const folders = [
    join(playbookFolder, 'roles'),
    ...(rolesPath ?? usualRolesPath()),
    ...(role === undefined ? [] : [dirname(role.path)]),
    playbookFolder,
  ];
  return isAbsolute(name) ? [name] : [...new Set(folders.map((folder) => join(folder, name)))];
}

function candidates(path: string, part: string, file: string): string[] {
  return ['.yml', '.yaml', '.json', ''].map((end) => join(path, part, `${file}${end}`));
}

function openPart(reader: Reader, path: string, part: string, file: string, at: string): Opened | undefined {
  const found = candidates(path, part, file).find(isFile);
  return found === undefined ? undefined : openWithin(reader, found, `the role's ${part}`, at);
}

function variablesIn(opened: Opened | undefined): Variables {
  if (opened === undefined) return {};
  const { source } = opened;
  if (source.value === null || source.value === undefined) return {};
  if (isMapping(source.value)) return source.value;
  throw invalid(source, [], 'this file holds no variables', 'Write name: value lines.');
}

/**
 * What a role's entry point wants of its arguments: of `meta/argument_specs.yml`, else of `meta/main.yml`.
 * @throws FixError `playbook/invalid` where it is no mapping
 */
function specOf(meta: Opened | undefined, file: Opened | undefined, entry: string): RoleSpec | undefined {
  const source = file?.source ?? meta?.source;
  const specs = isMapping(source?.value) ? source.value.argument_specs : undefined;
  if (source === undefined || specs === undefined || specs === null) return undefined;
  const place = ['argument_specs'];
  if (!isMapping(specs)) throw invalid(source, place, 'argument_specs has to be a mapping');
  const spec = Object.hasOwn(specs, entry) ? specs[entry] : undefined;
  if (spec === undefined || spec === null) return undefined;
  if (!isMapping(spec)) throw invalid(source, [...place, entry], 'an argument spec has to be a mapping');
  const about = spec.short_description;
  return {
    source,
    path: [...place, entry],
    options: isMapping(spec.options) ? spec.options : {},
    title: `Validating arguments against arg spec '${entry}'${typeof about === 'string' ? ` - ${about}` : ''}`,
  };
}
