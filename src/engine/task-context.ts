import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Connection } from '../core/connection.js';
import { FixError } from '../core/error.js';
import { neverShow } from '../core/mask.js';
import type { Fields, FilesFolder, TaskContext } from '../core/module.js';
import { readYaml } from '../core/read-yaml.js';
import { joinScripts, sh } from '../core/script.js';
import { printableLine } from '../core/text.js';
import { isVaulted, NO_VAULT, type VaultReader } from '../core/vault.js';
import type { TaskStep, Variables } from '../playbook/play.js';
import { isMapping } from '../playbook/read-keywords.js';
import { renderDeep, renderText, type Scope } from '../template/index.js';
import type { Frame } from './frame.js';
import type { HostRun } from './host-run.js';
import { jobFields } from './jobs.js';
import type { Become, Road, Run, World } from './run.js';
import { templateScope } from './template-scope.js';
import { flagOf, isTrue, type PlayHosts } from './variables.js';

/** One task in its place: its play's hosts, and what it has from around it. */
export interface PlacedTask {
  readonly task: TaskStep;
  readonly frame: Frame;
  readonly hosts: PlayHosts;
  /** Of a task that one host does for all: those who learn what it finds out. */
  readonly everyone?: readonly HostRun[];
}

/** What a module may know of its task. */
export function contextOf(run: Run, { task, frame }: PlacedTask, host: HostRun, scope: Scope): TaskContext {
  const folders = foldersOf(run, task);
  return {
    host: host.name,
    // `check_mode: false` does not make a check act: a check changes nothing, ever.
    check: run.settings.check || flagOf(frame.checkMode, scope) === true,
    vars: varsProxy(scope),
    diff: run.settings.diff === true || flagOf(frame.diff, scope) === true,
    readFile: (path, kind) => readFileOf(run.world, filePlaces(path, kind, folders), path, task.at),
    findPath: (path, kind) => filePlaces(path, kind, folders).find((place) => existsSync(place)),
    listFolder: (path, kind) => {
      const found = filePlaces(path, kind, folders).find(isFolder);
      return found === undefined ? undefined : below(found);
    },
    localFile: (path) => readable(run.world, path),
    localMode: (path) => run.world.fileMode?.(path),
    readYaml: (text, file) => readYaml(text, file, run.world.vault).value,
    job: (id) => {
      const job = run.jobs.get(id);
      return job === undefined ? undefined : jobFields(id, job);
    },
    render: (text, how = {}) =>
      renderText(text, templateScope(scope, how), { ...how, folder: how.path && dirname(how.path) }),
  };
}

/** Where a task's files may be: in its role, beside its own file, beside the playbook. */
function foldersOf(run: Run, { role, folder }: TaskStep): string[] {
  const ofRole = role === undefined ? [] : [role.path];
  return [...new Set([...ofRole, folder, dirname(run.settings.playbook.file)].map((path) => resolve(path)))];
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** No task sends more files than this. */
const MOST_FILES = 100_000;

/** Paths below a folder, in order; folders end with a `/`. */
function below(folder: string): string[] {
  const found: string[] = [];
  const walk = (path: string) => {
    for (const entry of readdirSync(join(folder, path), { withFileTypes: true }).sort(byName)) {
      const name = path === '' ? entry.name : `${path}/${entry.name}`;
      const isDirectory = entry.isDirectory() || (entry.isSymbolicLink() && isFolder(join(folder, name)));
      found.push(isDirectory ? `${name}/` : name);
      if (found.length > MOST_FILES) {
        throw new FixError('file/too-large', `more than ${MOST_FILES} files are below ${printableLine(folder)}`, {
          hint: 'Name a smaller folder.',
        });
      }
      if (isDirectory) walk(name);
    }
  };
  walk('');
  return found;
}

function byName(one: { name: string }, other: { name: string }): number {
  return one.name < other.name ? -1 : 1;
}

function varsProxy(scope: Scope): Fields {
  return new Proxy({} as Fields, {
    get: (_, name) => (typeof name === 'string' && scope.has(name) ? renderDeep(scope.get(name), scope) : undefined),
    has: (_, name) => typeof name === 'string' && scope.has(name),
  });
}

/** A file that somebody encrypted: what is in it is masked, line by line. */
function openedFile(content: Buffer, place: string, vault: VaultReader = NO_VAULT): Buffer {
  const opened = vault.open(content.toString('latin1'), `${place}:1:1`);
  neverShow(opened.toString('utf8'));
  return opened;
}

/** Where a file of that name may be: in each folder, in its `files/` or `templates/` first. */
export function filePlaces(name: string, kind: FilesFolder, folders: readonly string[]): string[] {
  return isAbsolute(name) ? [name] : folders.flatMap((folder) => [join(folder, kind, name), join(folder, name)]);
}

/**
 * What the first of these places holds; opened, where it is encrypted.
 * @throws FixError `file/missing`, `vault/password`, `vault/format`
 */
export function readFileOf(
  world: Pick<World, 'readFile' | 'vault'>,
  places: readonly string[],
  name: string,
  at?: string,
): Buffer {
  for (const place of places) {
    const content = readable(world, place);
    if (content !== undefined) return isVaulted(content) ? openedFile(content, place, world.vault) : content;
  }
  throw new FixError('file/missing', `no file ${printableLine(name)} on this machine`, {
    hint: `Looked at ${places.map((place) => printableLine(place)).join(', ')}.`,
    at,
  });
}

function readable(world: Pick<World, 'readFile'>, place: string): Buffer | undefined {
  try {
    return world.readFile(place);
  } catch {
    // The next place may have it.
    return undefined;
  }
}

/** Who the task runs as; a host's `ansible_become` variables win over the playbook's keywords, as with Ansible. */
function becomeOf(frame: Frame, scope: Scope, theirs: Scope): Become | undefined {
  const either = (variable: string, keyword: unknown) =>
    theirs.has(variable)
      ? renderDeep(theirs.get(variable), theirs)
      : keyword === undefined
        ? undefined
        : renderDeep(keyword, scope);
  if (!isTrue(either('ansible_become', frame.become))) return undefined;
  return {
    method: String(either('ansible_become_method', frame.becomeMethod) ?? 'sudo'),
    user: String(either('ansible_become_user', frame.becomeUser) ?? 'root'),
  };
}

/**
 * How the task reaches a host, besides what the host's variables say.
 * @param theirs the variables of the host that it is handed to
 */
export function roadOf(frame: Frame, scope: Scope, theirs = scope): Road {
  const words: Record<string, unknown> = {};
  for (const [variable, keyword] of [
    ['ansible_connection', frame.connection],
    ['ansible_user', frame.remoteUser],
    ['ansible_port', frame.port],
  ] as const) {
    if (keyword !== undefined && keyword !== null) words[variable] = renderDeep(keyword, scope);
  }
  return { become: becomeOf(frame, scope, theirs), words };
}

/** The environment of a task's programs. @throws FixError `playbook/invalid` where it is no dict */
export function environmentOf({ environment }: Frame, scope: Scope): Variables {
  const dicts = environment.map((given) => {
    const dict = renderDeep(given, scope);
    if (isMapping(dict)) return dict;
    throw new FixError('playbook/invalid', 'environment has to be a dict', { hint: 'Write name: value lines.' });
  });
  return Object.assign({}, ...dicts);
}

/** A connection whose scripts have these variables in their environment. */
export function withEnvironment(connection: Connection, environment: Variables): Connection {
  const exports = Object.entries(environment).map(([name, value]) => {
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      throw new FixError('playbook/invalid', `${JSON.stringify(name)} is no name for an environment variable`, {
        hint: 'Letters, digits and underscores.',
      });
    }
    return sh`export ${`${name}=${String(value)}`}`;
  });
  if (exports.length === 0) return connection;
  return {
    host: connection.host,
    run: (script, options) => connection.run(joinScripts([...exports, script]), options),
    tunnel: (host, port) => connection.tunnel(host, port),
    close: () => connection.close(),
  };
}
