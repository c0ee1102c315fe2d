import { statSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { FixError, messageOf } from '../core/error.js';
import type { Module } from '../core/module.js';
import { readText } from '../core/read-text.js';
import { printableLine } from '../core/text.js';
import { outcomeTrouble } from './check-outcome.js';
import { MARK } from './hooks.js';

const HINT = 'Nothing was run. docs/own-modules.md shows what a module of a project is.';

let isRegistered = false;

/** Node loads TypeScript, and finds `fix-flannel/module`, for the modules of projects alone. */
function registerOnce(): void {
  if (isRegistered) return;
  const entry = import.meta.resolve('fix-flannel/module');
  register('./hooks.js', entry, { data: { entry } });
  isRegistered = true;
}

/**
 * The module that a file exports. The file's code is run, as that of this program is.
 * @throws FixError `module/invalid`, with file and line, for a file that does not parse, that throws, or that exports
 *   something else
 */
export async function loadModule(name: string, path: string): Promise<Module> {
  registerOnce();
  // A file that was changed is another one to Node.
  const mark = `${MARK}=${statSync(path).mtimeMs}`;
  let exported: Record<string, unknown>;
  try {
    exported = (await import(`${pathToFileURL(path).href}?${mark}`)) as Record<string, unknown>;
  } catch (thrown) {
    throw await invalid(thrown, path);
  }
  const trouble = shapeTrouble(exported.default, name);
  if (trouble === undefined) return guarded(exported.default as Module, path);
  throw new FixError('module/invalid', `${printableLine(path)} exports no module: ${trouble}`, {
    hint: HINT,
    at: `${path}:${lineOf(path, /^\s*export\b.*\bdefault\b/)}`,
  });
}

/** What is wrong with an export that has to be a module. */
function shapeTrouble(exported: unknown, name: string): string | undefined {
  if (exported === undefined) return 'it has no `export default defineModule({ ... })`';
  const parsed = Shape.safeParse(exported);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return `${issue?.path.length ? `${issue.path.join('.')}: ` : ''}${issue?.message}`;
  }
  return parsed.data.name === name ? undefined : `its name is ${JSON.stringify(parsed.data.name)}, not the file's`;
}

const func = z.custom((value) => typeof value === 'function', 'has to be a function');

const Shape = z.strictObject({
  name: z.string(),
  about: z.string().min(1),
  example: z.string().min(1),
  args: z.custom(
    (value) => typeof value === 'object' && value !== null && '_zod' in value,
    'has to be a schema, made with `z` of fix-flannel/module',
  ),
  freeForm: z.string().optional(),
  namesVariables: z.boolean().optional(),
  inline: z.array(z.string()).optional(),
  once: z.literal(true).optional(),
  needs: func.optional(),
  plan: func,
});

/** A module whose mistakes fail its task, with their place: nothing that it gives back is believed unseen. */
function guarded(module: Module, path: string): Module {
  const saying = <T>(work: () => T): T => {
    try {
      return work();
    } catch (thrown) {
      throw thrown instanceof FixError ? thrown : failed(module.name, messageOf(thrown), placeIn(thrown) ?? path);
    }
  };
  const { needs } = module;
  return {
    ...module,
    ...(needs && { needs: (args, task) => saying(() => needs(args, task)) }),
    plan(args, readings, task) {
      const outcome = saying(() => module.plan(args, readings, task));
      const trouble = outcomeTrouble(outcome);
      if (trouble !== undefined) throw failed(module.name, trouble, `${path}:${lineOf(path, /\bplan\b/)}`);
      if (outcome.kind !== 'change' || outcome.conclude === undefined) return outcome;
      const { conclude } = outcome;
      return { ...outcome, conclude: (outputs) => saying(() => conclude(outputs)) };
    },
  };
}

function failed(name: string, what: string, at: string): FixError {
  return new FixError('module/failed', `the project's module ${name}: ${printableLine(what, 400)}`, {
    hint: 'Mend the module; docs/own-modules.md shows how one is written.',
    at,
  });
}

async function invalid(thrown: unknown, path: string): Promise<FixError> {
  const more = { hint: HINT, cause: thrown };
  const [, file, line, column, message] = /^(.+?):(\d+):(\d+): ([\s\S]*)$/.exec(messageOf(thrown)) ?? [];
  if (thrown instanceof SyntaxError && file !== undefined) {
    return new FixError('module/invalid', `this does not parse: ${message}`, {
      ...more,
      at: `${file}:${line}:${column}`,
    });
  }
  const place = placeIn(thrown) ?? (thrown instanceof SyntaxError ? await placeOfSyntaxError(path) : undefined);
  const what = thrown instanceof SyntaxError ? 'this does not parse' : 'this cannot be loaded';
  const told = messageOf(thrown).replaceAll(new RegExp(`\\?${MARK}=[\\d.]+`, 'g'), '');
  return new FixError('module/invalid', `${what}: ${printableLine(told, 400)}`, { ...more, at: place ?? path });
}

/** The first place in a project's file that an error names, as `FILE:LINE`. */
function placeIn(thrown: unknown): string | undefined {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  const [, url, line] = new RegExp(`(file://\\S+?)\\?${MARK}=[\\d.]+:(\\d+)`).exec(stack) ?? [];
  return url === undefined ? undefined : `${fileURLToPath(url)}:${line}`;
}

/** Node does not say where a module of JavaScript goes wrong; what strips types does. */
async function placeOfSyntaxError(path: string): Promise<string | undefined> {
  const { withoutTypes } = await import('./strip-types.js');
  try {
    withoutTypes(path);
    return undefined;
  } catch (thrown) {
    return /^.+?:\d+:\d+(?=: )/.exec(messageOf(thrown))?.[0];
  }
}

/** The number of the first line that matches; 1 where none does. */
export function lineOf(path: string, pattern: RegExp): number {
  return (
    Math.max(
      0,
      readText(path, 'the module')
        .split('\n')
        .findIndex((line) => pattern.test(line)),
    ) + 1
  );
}
