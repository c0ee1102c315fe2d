import process from 'node:process';
import { z } from 'zod';
import { EXIT, FixError } from '../core/error.js';
import { findModule, modules } from '../modules/index.js';

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
      hint: '`fix-flannel modules` lists them.',
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

interface ArgumentSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
}

function argumentLines(schema: z.ZodType): string[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, ArgumentSchema>;
    required?: readonly string[];
  };
  const lines = Object.entries(properties).map(([name, argument]) => {
    const kinds = argument.enum?.join(' | ') ?? (argument.type === undefined ? '' : String(argument.type));
    const otherwise = argument.default === undefined ? '' : ` (default ${JSON.stringify(argument.default)})`;
    return `  ${name}${required.includes(name) ? ' *' : ''}: ${argument.description ?? kinds}${otherwise}`;
  });
  return lines.length === 0 ? ['No arguments.'] : ['Arguments (* has to be given):', ...lines];
}
