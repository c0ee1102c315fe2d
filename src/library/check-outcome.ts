import { z } from 'zod';

const fields = z.record(z.string(), z.unknown());
const func = z.custom<(...given: never[]) => unknown>((value) => typeof value === 'function', 'has to be a function');
const script = z.object({ text: z.string(), shown: z.string() }, { error: 'has to be a script, made with sh`...`' });
const content = z.instanceof(Uint8Array, { error: 'has to be bytes: Buffer.from(text)' });
const seconds = z.number().nonnegative();

const action = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('run'),
    script,
    timeoutMs: z.number().positive().optional(),
    mayFail: z.boolean().optional(),
    touches: z
      .strictObject({
        files: z.array(z.strictObject({ path: z.string(), generated: z.boolean().optional() })).optional(),
        units: z.array(z.string()).optional(),
      })
      .optional(),
    newConnection: z.boolean().optional(),
    restart: z.string().optional(),
    failure: func.optional(),
  }),
  z.strictObject({
    kind: z.literal('write'),
    path: z.string(),
    content,
    mode: z.string().optional(),
    owner: z.string().optional(),
    group: z.string().optional(),
    backup: z.string().optional(),
    makeFolder: z.boolean().optional(),
  }),
  z.strictObject({ kind: z.literal('remove'), path: z.string() }),
  z.strictObject({ kind: z.literal('wait'), seconds }),
  z.strictObject({ kind: z.literal('save'), path: z.string(), content }),
  z.strictObject({
    kind: z.literal('reconnect'),
    script,
    delaySeconds: seconds,
    trySeconds: seconds,
    sleepSeconds: seconds,
    withinSeconds: seconds,
  }),
]);

const common = { why: z.string(), result: fields.optional() };
const refusal = { ...common, hint: z.string().optional() };

const outcome = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('change'),
    ...common,
    diff: z.array(z.strictObject({ path: z.string(), before: z.string(), after: z.string() })).optional(),
    actions: z.array(action),
    conclude: func.optional(),
    facts: fields.optional(),
  }),
  z.looseObject({ kind: z.literal('unchanged'), ...common }),
  z.strictObject({ kind: z.literal('refuse'), ...refusal }),
  z.strictObject({ kind: z.literal('fail'), ...refusal }),
  z.strictObject({ kind: z.literal('skip'), ...common }),
]);

/**
 * Holds what a project's module planned against what an outcome is: JavaScript has no types that would.
 * @returns what is wrong with it, undefined where nothing is
 */
export function outcomeTrouble(planned: unknown): string | undefined {
  if (planned instanceof Promise) return 'plan gave a promise; it plans at once, from what needs() has read';
  const parsed = outcome.safeParse(planned);
  if (parsed.success) return undefined;
  const [issue] = parsed.error.issues;
  const place = issue?.path.length ? `${issue.path.join('.')}: ` : '';
  return `plan gave no outcome (change, unchanged, refuse, fail or skip): ${place}${issue?.message}`;
}
