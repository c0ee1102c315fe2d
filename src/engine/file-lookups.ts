import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';
import { type Lookup, renderText, type Scope } from '../template/index.js';
import type { World } from './run.js';
import { filePlaces, readFileOf } from './task-context.js';

/**
 * Lookups that read files of this machine: `file` (without the blanks at its end, unless `rstrip=false`) and `template`.
 * A name is looked for in the role at hand, then beside the playbook, each time in its `files/` or `templates/` first.
 */
export function fileLookups(world: Pick<World, 'readFile' | 'vault'>): Readonly<Record<string, Lookup>> {
  const read = (term: unknown, kind: 'files' | 'templates', scope: Scope) =>
    readFileOf(world, placesFor(String(term), kind, scope), String(term)).toString('utf8');
  return {
    file: (terms, { rstrip = true, lstrip = false }, scope) =>
      terms.map((term) => {
        const text = read(term, 'files', scope);
        const ended = rstrip === false ? text : text.trimEnd();
        return lstrip === true ? ended.trimStart() : ended;
      }),
    template: (terms, options, scope) => {
      refuseOptions('template', options);
      return terms.map((term) => renderText(read(term, 'templates', scope), scope));
    },
  };
}

function placesFor(name: string, kind: 'files' | 'templates', scope: Scope): string[] {
  const folders = ['role_path', 'playbook_dir']
    .map((variable) => scope.read(variable))
    .filter((path) => typeof path === 'string');
  return filePlaces(name, kind, folders);
}

function refuseOptions(lookup: string, options: Readonly<Record<string, unknown>>): void {
  const [option] = Object.keys(options);
  if (option === undefined) return;
  throw new FixError('playbook/unsupported', `the lookup ${lookup} does not take ${printableLine(option, 40)} here`, {
    hint: 'Set a variable with `vars:` instead.',
  });
}
