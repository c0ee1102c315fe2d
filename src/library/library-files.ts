import { readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { FixError, messageOf } from '../core/error.js';
import { isMissing } from '../core/error-code.js';
import { printableLine } from '../core/text.js';

/** What stands in the folders of modules of a project. */
export interface LibraryFiles {
  /** Ours to load: name and path, each path once. */
  readonly own: readonly { readonly name: string; readonly path: string }[];
  /** Modules that are Ansible's: name to path. */
  readonly foreign: ReadonlyMap<string, string>;
}

const OURS: ReadonlySet<string> = new Set(['.mjs', '.js', '.ts']);
/** What Ansible takes for no module either, and what comes along with TypeScript. */
const NO_MODULE = /(^[._])|~$|\.(pyc|pyo|swp|bak|rpm|md|txt|rst|ya?ml|ini|json|d\.ts|test\.\w+)$/;

/**
 * Modules in these folders, in their order. A folder that is not there holds none; what begins with `_` or `.` is no
 * module.
 * @throws FixError `file/missing` for a folder that cannot be read
 */
export function libraryFiles(folders: readonly string[]): LibraryFiles {
  const own: { name: string; path: string }[] = [];
  const foreign = new Map<string, string>();
  for (const folder of new Set(folders)) {
    for (const file of filesIn(folder)) {
      if (NO_MODULE.test(file)) continue;
      const end = extname(file);
      const name = file.slice(0, file.length - end.length);
      const path = join(folder, file);
      if (OURS.has(end)) own.push({ name, path });
      else if (!foreign.has(name)) foreign.set(name, path);
    }
  }
  return { own, foreign };
}

function filesIn(folder: string): string[] {
  try {
    const names = readdirSync(folder).sort();
    return names.filter((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.isFile());
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw new FixError('file/missing', `${printableLine(folder)} cannot be read: ${messageOf(cause)}`, {
      hint: 'It is a folder of modules. May you read it?',
      cause,
    });
  }
}

/** `library/` of each role in these folders of roles. */
export function librariesOfRoles(folders: readonly string[]): string[] {
  return folders.flatMap((folder) => {
    try {
      return readdirSync(folder)
        .sort()
        .map((role) => join(folder, role, 'library'));
    } catch {
      // Whoever opens a role says what is wrong with its folder.
      return [];
    }
  });
}
