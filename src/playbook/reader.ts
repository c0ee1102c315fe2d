import { statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { FixError } from '../core/error.js';
import { readText } from '../core/read-text.js';
import { readYaml } from '../core/read-yaml.js';
import { printableLine } from '../core/text.js';
import type { VaultReader } from '../core/vault.js';
import type { SourceYaml } from '../core/yaml.js';
import type { Handler, Role } from './play.js';

/** Whether a module of this name exists; the reader refuses a task with none before anything runs. */
export type KnowsModule = (name: string) => boolean;

/** Files that bring each other in, one below the other. */
const MAX_DEPTH = 64;

/** Where a reader of steps is, and what it may ask. */
export interface Reader {
  readonly knows: KnowsModule;
  readonly vault: VaultReader | undefined;
  /** The folder of the playbook that the person named. */
  readonly playbookFolder: string;
  /** Folders of roles besides the playbook's; those of `ANSIBLE_ROLES_PATH` or Ansible's own where undefined. */
  readonly rolesPath?: readonly string[] | undefined;
  /** The folder of the file at hand. */
  readonly folder: string;
  readonly role: Role | undefined;
  /** Of a role that another one depends on: what it has from those. */
  readonly inherited: Pick<Role, 'defaults' | 'vars' | 'params'>;
  /** The files that brought this one in, the outermost first. */
  readonly within: readonly string[];
  /** The roles whose tasks brought in what is at hand, the nearest first. */
  readonly parents: readonly Role[];
  /** What roles bring to the play at hand. */
  readonly ofRoles: OfRoles;
}

export interface OfRoles {
  readonly roles: Role[];
  readonly handlers: Handler[];
  readonly byWords: Map<string, Role>;
  readonly names: { readonly used: string[]; readonly needed: string[] };
}

/** What a play has of roles before one is read. */
export function noRoles(): OfRoles {
  return { roles: [], handlers: [], byWords: new Map(), names: { used: [], needed: [] } };
}

/** For what a task of the role at hand brings in. */
export function withinRole(reader: Reader): Reader {
  return reader.role === undefined ? reader : { ...reader, parents: [reader.role, ...reader.parents] };
}

export const NOTHING_INHERITED: Reader['inherited'] = { defaults: {}, vars: {}, params: {} };

/** A file that another one brings in, and the reader for what is in it. */
export interface Opened {
  readonly source: SourceYaml;
  readonly reader: Reader;
}

/**
 * Opens a file that another one brings in.
 * @throws FixError `playbook/invalid` for files that bring each other in without end
 */
export function openWithin(reader: Reader, path: string, what: string, at: string): Opened {
  const file = resolve(path);
  if (reader.within.includes(file) || reader.within.length >= MAX_DEPTH) {
    const told = reader.within.includes(file)
      ? 'brings itself in again'
      : 'is in too many files that bring each other in';
    throw new FixError('playbook/invalid', `${printableLine(file)} ${told}`, {
      hint: 'Take one of the imports out.',
      at,
    });
  }
  const source = readYaml(readText(path, what), path, reader.vault);
  return { source, reader: { ...reader, folder: dirname(path), within: [...reader.within, file] } };
}

/** Opens a file that is brought in while a play runs: it may bring itself in again, until a condition ends that. */
export function openAgain(reader: Reader, path: string, what: string, at: string): Opened {
  const file = resolve(path);
  return openWithin({ ...reader, within: reader.within.filter((one) => one !== file) }, path, what, at);
}

/** Where the file of an import may be: beside the file at hand, among the role's, beside the playbook. */
export function placesOf({ role, folder, playbookFolder }: Reader, name: string): string[] {
  if (isAbsolute(name)) return [name];
  const ofRole = role === undefined ? [] : [join(role.path, 'tasks', name), join(role.path, name)];
  return [...new Set([join(folder, name), ...ofRole, join(playbookFolder, 'tasks', name), join(playbookFolder, name)])];
}

/** Whether there is a regular file. */
export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** @throws FixError `file/missing`, which names all of the places */
export function missing(what: string, places: readonly string[], at: string): FixError {
  return new FixError('file/missing', `${what} is not there`, {
    hint: `Looked at ${places.map((place) => printableLine(place)).join(', ')}.`,
    at,
  });
}
