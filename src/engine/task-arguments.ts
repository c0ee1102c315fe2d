import type { z } from 'zod';
import { FixError } from '../core/error.js';
import { splitKeyValues } from './key-values.js';

interface TakesArguments<Args> {
  readonly name: string;
  readonly args: z.ZodType<Args>;
  readonly freeForm?: string;
  readonly inline?: readonly string[];
}

/**
 * A module's arguments, rendered and checked: a mapping, `k=v` words, or free-form text for the modules that take it.
 *
 * Text is split before it is rendered, as Ansible does: what a variable holds is part of one argument, and never
 * becomes another.
 *
 * @throws FixError `playbook/invalid` that names the argument
 */
export function parseArguments<Args>(
  module: TakesArguments<Args>,
  given: unknown,
  at: string,
  render: (value: unknown) => unknown = (value) => value,
): Args {
  // `copy: "{{ arguments }}"` may stand for a whole mapping.
  const whole = typeof given === 'string' && !module.freeForm && ONE_EXPRESSION.test(given) ? render(given) : given;
  const parsed = module.args.safeParse(render(asMapping(module, whole, at)));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || module.name}: ${issue.message}`);
  throw new FixError('playbook/invalid', `${module.name}: ${problems.join('; ')}`, {
    hint: `\`fix-flannel modules ${module.name}\` lists its arguments.`,
    at,
  });
}

const ONE_EXPRESSION = /^\s*\{\{(?:(?!\}\}).)*\}\}\s*$/s;

function asMapping(
  { name: what, freeForm, inline = INLINE }: TakesArguments<unknown>,
  given: unknown,
  at: string,
): unknown {
  if (typeof given === 'string')
    return freeForm ? withFreeForm(freeForm, inline, given) : splitKeyValues(given, { what, at });
  if (typeof given !== 'object' || given === null || !('_raw_params' in given)) return given;
  const { _raw_params: text, ...rest } = given as Record<string, unknown>;
  if (typeof text !== 'string') return given;
  return { ...(freeForm ? withFreeForm(freeForm, inline, text) : splitKeyValues(text, { what, at })), ...rest };
}

const INLINE = ['creates', 'removes', 'chdir', 'executable', 'stdin'];

/** `command: ls creates=/x chdir=/y`: a few words of free-form text are arguments of their own. */
function withFreeForm(freeForm: string, names: readonly string[], text: string): Record<string, unknown> {
  const inline: Record<string, string> = {};
  const pattern = new RegExp(`(?:^|\\s)(${names.join('|')})=("[^"]*"|'[^']*'|(?:\\{\\{.*?\\}\\}|\\S)+)`, 'gs');
  const rest = text.replace(pattern, (_, key: string, value: string) => {
    inline[key] = value.replace(/^(["'])(.*)\1$/s, '$2');
    return '';
  });
  if (rest.trim() === '') return freeForm in inline ? inline : { ...inline, [freeForm]: '' };
  // A text of several lines keeps its last line end, as with Ansible.
  return { ...inline, [freeForm]: Object.keys(inline).length > 0 ? rest.trim() : rest.trimStart() };
}
