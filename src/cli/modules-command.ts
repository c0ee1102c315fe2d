import { resolve } from 'node:path';
import process from 'node:process';
import type { z } from 'zod';
import { EXIT, FixError } from '../core/error.js';
import { didYouMean } from '../core/nearest.js';
import { moduleFinder } from '../library/module-finder.js';
import type { AnyModule } from '../modules/index.js';
import { moduleArguments } from './module-arguments.js';

/**
 * `modules`: a line for each, or one with its arguments and an example.
 * @param folders folders with modules of a project
 */
export async function modulesCommand(name: string | undefined, folders: readonly string[] = []): Promise<number> {
  const { all, find } = await moduleFinder(folders.map((folder) => resolve(folder)));
  const lines = name === undefined ? list(all) : explain(name, find(name), all);
  process.stdout.write(`${lines.join('\n')}\n`);
  return EXIT.sound;
}

function list(modules: readonly AnyModule[]): string[] {
  const width = Math.max(...modules.map((module) => module.name.length)) + 2;
  const sorted = [...modules].sort((one, other) => one.name.localeCompare(other.name));
  return [
    ...sorted.map((module) => `${module.name.padEnd(width)}${module.about}`),
    '',
    '`fix-flannel modules NAME` shows its arguments.',
  ];
}

function explain(name: string, module: AnyModule | undefined, modules: readonly AnyModule[]): string[] {
  if (module === undefined) {
    throw new FixError('cli/usage', `there is no module ${JSON.stringify(name)}`, {
      hint: didYouMean(
        name,
        modules.map((one) => one.name),
        '`fix-flannel modules` lists them.',
      ),
    });
  }
  return [
    module.about,
    '',
    ...argumentLines(module.args),
    '',
    'Example:',
    ...module.example.split('\n').map((line) => `  ${line}`),
  ];
}

function argumentLines(schema: z.ZodType): string[] {
  const lines = moduleArguments(schema).map(({ name, required, kinds, otherwise, about }) => {
    const unless = otherwise === undefined ? '' : ` (default ${otherwise})`;
    return `  ${name}${required ? ' *' : ''}: ${about ?? kinds}${unless}`;
  });
  return lines.length === 0 ? ['No arguments.'] : ['Arguments (* has to be given):', ...lines];
}
