import { dirname, join, resolve } from 'node:path';
import { librariesOfRoles } from '../library/library-files.js';
import { moduleFinder } from '../library/module-finder.js';
import { usualRolesPath } from '../playbook/open-role.js';
import type { RunOptions } from './options.js';

interface Places {
  readonly modulePath?: readonly string[];
  readonly rolesPath?: readonly string[] | undefined;
}

/**
 * Options with the modules of a project: those in `library/` beside each playbook and in each role that it can find,
 * and in the folders that the command line and a configuration name.
 * @throws FixError `module/invalid` for one that cannot be used; nothing was run
 */
export async function withOwnModules<O extends RunOptions & Places>(
  options: O,
  ...playbooks: readonly (string | undefined)[]
): Promise<O> {
  const beside = playbooks.flatMap((file) => (file === undefined ? [] : [dirname(resolve(file))]));
  const roles = [...beside.map((folder) => join(folder, 'roles')), ...(options.rolesPath ?? usualRolesPath())];
  const folders = [
    ...(options.modulePath ?? []).map((folder) => resolve(folder)),
    ...beside.map((folder) => join(folder, 'library')),
    ...(beside.length === 0 ? [] : librariesOfRoles([...new Set(roles)])),
  ];
  return { ...options, modules: await moduleFinder(folders) };
}
