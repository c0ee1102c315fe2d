import type { z } from 'zod';
import { FixError } from '../core/error.js';
import { splitKeyValues } from './key-values.js';

interface TakesArguments<Args> {
  readonly name: string;
  readonly args: z.ZodType<Args>;
  readonly freeForm?: string;
}

/**
 * A module's arguments, checked: a mapping, `k=v` words, or free-form text for the modules that take it.
 * @throws FixError `playbook/invalid` that names the argument
 */
export function parseArguments<Args>(module: TakesArguments<Args>, given: unknown, at: string): Args {
  const parsed = module.args.safeParse(asMapping(module, given, at));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || module.name}: ${issue.message}`);
  throw new FixError('playbook/invalid', `${module.name}: ${problems.join('; ')}`, {
    hint: `\`fix-flannel modules ${module.name}\` lists its arguments.`,
    at,
  });
}

function asMapping({ name: what, freeForm }: TakesArguments<unknown>, given: unknown, at: string): unknown {
  if (typeof given === 'string') return freeForm ? withFreeForm(freeForm, given) : splitKeyValues(given, { what, at });
  if (typeof given !== 'object' || given === null || !('_raw_params' in given)) return given;
  const { _raw_params: text, ...rest } = given as Record<string, unknown>;
  if (typeof text !== 'string') return given;
  return { ...(freeForm ? withFreeForm(freeForm, text) : splitKeyValues(text, { what, at })), ...rest };
}

const INLINE = ['creates', 'removes', 'chdir', 'executable', 'stdin'];

/** `command: ls creates=/x chdir=/y`: a few words of free-form text are arguments of their own. */
function withFreeForm(freeForm: string, text: string): Record<string, unknown> {
  const inline: Record<string, string> = {};
  const pattern = new RegExp(`(?:^|\\s)(${INLINE.join('|')})=("[^"]*"|'[^']*'|\\S+)`, 'g');
  const rest = text.replace(pattern, (_, key: string, value: string) => {
    inline[key] = value.replace(/^(["'])(.*)\1$/s, '$2');
    return '';
  });
  return { ...inline, [freeForm]: rest.trim() };
}
