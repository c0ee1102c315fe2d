import { FixError } from '../core/error.js';
import type { Module } from '../core/module.js';
import { printableLine } from '../core/text.js';
import { type AnyModule, findModule, modules } from '../modules/index.js';
import { TASK_KEYWORDS } from '../playbook/keywords.js';
import { type LibraryFiles, libraryFiles } from './library-files.js';

/** The modules that a run may use: those of this program, and those of the project. */
export interface ModuleFinder {
  readonly all: readonly AnyModule[];
  find(name: string): AnyModule | undefined;
  /** @throws FixError `playbook/unsupported` for a module in the project that only Ansible can run */
  knows(name: string): boolean;
}

/** This program's modules alone. */
export const OUR_MODULES: ModuleFinder = {
  all: modules,
  find: findModule,
  knows: (name) => findModule(name) !== undefined,
};

/**
 * This program's modules and those in folders of a project. All are loaded at once, so that what is wrong with one is
 * told before anything runs.
 * @throws FixError `module/invalid`, `file/missing`
 */
export async function moduleFinder(folders: readonly string[]): Promise<ModuleFinder> {
  const { own, foreign } = libraryFiles(folders);
  if (own.length + foreign.size === 0) return OUR_MODULES;
  const loaded = new Map<string, Module>();
  const paths = new Map<string, string>();
  for (const { name, path } of own) {
    await refuseName(name, path, paths.get(name) ?? foreign.get(name));
    const { loadModule } = await import('./load-module.js');
    loaded.set(name, await loadModule(name, path));
    paths.set(name, path);
  }
  const find = (name: string) => loaded.get(name.replace(/^ansible\.legacy\./, '')) ?? findModule(name);
  return {
    all: [...modules, ...loaded.values()],
    find,
    knows: (name) => {
      refuseForeign(name, foreign);
      return find(name) !== undefined;
    },
  };
}

/** @throws FixError for a name that no module can have, or that another one has */
async function refuseName(name: string, path: string, other: string | undefined): Promise<void> {
  const why = !/^[a-z_][a-z0-9_]*$/.test(name)
    ? `${JSON.stringify(name)} is no name of a module: small letters, digits and \`_\``
    : TASK_KEYWORDS.has(name)
      ? `\`${name}\` is a keyword of tasks`
      : findModule(name) !== undefined
        ? `this program has a module \`${name}\``
        : other !== undefined
          ? `${printableLine(other)} is a module \`${name}\` too`
          : undefined;
  if (why === undefined) return;
  const { lineOf } = await import('./load-module.js');
  throw new FixError('module/invalid', why, {
    hint: 'Nothing was run. Give the file, and the module in it, another name.',
    at: `${path}:${lineOf(path, /\bname\s*:/)}`,
  });
}

function refuseForeign(name: string, foreign: LibraryFiles['foreign']): void {
  const path = foreign.get(name);
  if (path === undefined) return;
  const language = path.endsWith('.py') ? 'a Python module' : 'a module';
  throw new FixError('playbook/unsupported', `\`${name}\` is ${language} for Ansible, which does not run here`, {
    hint: 'Nothing was run. Hosts need no Python, so a module of a project is JavaScript or TypeScript: docs/own-modules.md.',
    at: path,
  });
}
