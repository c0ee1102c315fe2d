import process from 'node:process';
import type { z } from 'zod';
import { EXIT, FixError } from '../core/error.js';
import { didYouMean } from '../core/nearest.js';
import { findModule, modules } from '../modules/index.js';
import { moduleArguments } from './module-arguments.js';

/** `modules`: a line for each, or one with its arguments and an example. */
export function modulesCommand(name: string | undefined): number {
  process.stdout.write(`${(name === undefined ? list() : explain(name)).join('\n')}\n`);
  return EXIT.sound;
}

function list(): string[] {
  const width = Math.max(...modules.map((module) => module.name.length)) + 2;
  const sorted = [...modules].sort((one, other) => one.name.localeCompare(other.name));
  return [
    ...sorted.map((module) => `${module.name.padEnd(width)}${module.about}`),
    '',
    '`fix-flannel modules NAME` shows its arguments.',
  ];
}

function explain(name: string): string[] {
  const module = findModule(name);
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
