import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';
import {
  asValues,
  globbed,
  type LoadTemplate,
  type Lookup,
  literalValue,
  plainValue,
  refuseOptions,
  renderText,
  type Scope,
  scopeOf,
} from '../template/index.js';
import { csvLookup } from './csv-lookup.js';
import { firstFound } from './first-found.js';
import { iniLookup } from './ini-lookup.js';
import type { World } from './run.js';
import { filePlaces, readFileOf } from './task-context.js';
import { templateScope } from './template-scope.js';

/** Reads one of the controller's files by a name in a playbook. @throws FixError `file/missing` */
export type ReadNamed = (name: string, scope: Scope) => string;

/**
 * Lookups that read files of this machine. A name is looked for where Ansible looks: in the role at hand, beside the
 * task's file, beside the playbook, each time in its `files/` or `templates/` first.
 */
export function fileLookups(world: Pick<World, 'readFile' | 'vault'>): Readonly<Record<string, Lookup>> {
  const read = (term: unknown, kind: 'files' | 'templates', scope: Scope) =>
    readFileOf(world, placesFor(String(term), kind, scope), String(term)).toString('utf8');
  const readNamed: ReadNamed = (name, scope) => read(name, 'files', scope);
  return {
    file: (terms, options, scope) => {
      refuseOptions('file', options, ['rstrip', 'lstrip']);
      const { rstrip = true, lstrip = false } = options;
      return terms.map((term) => {
        const text = read(term, 'files', scope);
        const ended = rstrip === false ? text : text.trimEnd();
        return lstrip === true ? ended.trimStart() : ended;
      });
    },
    unvault: (terms, options, scope) => {
      refuseOptions('unvault', options);
      return terms.map((term) => read(term, 'files', scope));
    },
    template: (terms, options, scope) => terms.map((term) => templated(String(term), options, scope)),
    fileglob: (terms, options, scope) => {
      refuseOptions('fileglob', options);
      return terms.flatMap((term) => matching(String(term), scope));
    },
    first_found: (terms, options, scope) => firstFound(terms, options, (name) => foundIn(name, 'files', scope)),
    ini: (terms, options, scope) => iniLookup(terms, options, (name) => readNamed(name, scope)),
    csvfile: (terms, options, scope) => csvLookup(terms, options, (name) => readNamed(name, scope)),
  };

  function templated(name: string, options: Readonly<Record<string, unknown>>, scope: Scope): unknown {
    refuseOptions('template', options, TEMPLATE_OPTIONS);
    const path = foundIn(name, 'templates', scope);
    const own = templateScope(scope, { name, path });
    const vars = plainValue(options.template_vars ?? {});
    const inner = isRecord(vars) ? scopeOf(asValues(vars), own) : own;
    const text = renderText(read(name, 'templates', scope), inner, {
      folder: path && dirname(path),
      marks: {
        ...(options.variable_start_string !== undefined && { printBegin: String(options.variable_start_string) }),
        ...(options.variable_end_string !== undefined && { printEnd: String(options.variable_end_string) }),
        ...(options.comment_start_string !== undefined && { commentBegin: String(options.comment_start_string) }),
        ...(options.comment_end_string !== undefined && { commentEnd: String(options.comment_end_string) }),
      },
    });
    return options.convert_data === false ? text : literalValue(text);
  }
}

const TEMPLATE_OPTIONS: readonly string[] = [
  'convert_data',
  'template_vars',
  'variable_start_string',
  'variable_end_string',
  'comment_start_string',
  'comment_end_string',
];

/** Finds the templates that others include: beside them, and where the `template` module looks. */
export function templateLoader(world: Pick<World, 'readFile' | 'vault'>): LoadTemplate {
  return (name, scope, folder) => {
    const inside = name.replace(/^\/+/, '');
    const places = placesFor(inside, 'templates', scope);
    const all = folder === undefined ? places : [join(folder, inside), ...places];
    const found = all.find((place) => existsSync(place));
    return found === undefined ? undefined : readFileOf(world, [found], name).toString('utf8');
  };
}

/** The folders in which names of files are looked for. */
function foldersIn(scope: Scope): string[] {
  const given = scope.has('ansible_search_path') ? scope.read('ansible_search_path') : undefined;
  const search = Array.isArray(given) ? given : [scope.read('role_path')];
  const folders = [...search, scope.read('playbook_dir')].filter((path) => typeof path === 'string');
  return [...new Set(folders.map((path) => resolve(path)))];
}

function placesFor(name: string, kind: 'files' | 'templates', scope: Scope): string[] {
  return filePlaces(name, kind, foldersIn(scope));
}

function foundIn(name: string, kind: 'files' | 'templates', scope: Scope): string | undefined {
  return placesFor(name, kind, scope).find((place) => existsSync(place));
}

/** The files that a pattern names, in the first folder that has any; a pattern with a folder in it, in that folder. */
function matching(pattern: string, scope: Scope): string[] {
  const name = basename(pattern);
  if (name === pattern) {
    const folders = foldersIn(scope).flatMap((folder) => [join(folder, 'files'), folder]);
    return folders.map((folder) => globbed(join(escaped(folder), name))).find((found) => found.length > 0) ?? [];
  }
  const folder = foundIn(dirname(pattern), 'files', scope);
  if (folder === undefined) {
    throw new FixError('file/missing', `no folder ${printableLine(dirname(pattern))} on this machine`, {
      hint: 'Name a folder that is there; it is looked for in the role and beside the playbook.',
    });
  }
  return globbed(join(escaped(folder), name));
}

/** A folder's own name is no pattern. */
function escaped(folder: string): string {
  return folder.replace(/[*?[]/g, '[$&]');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
