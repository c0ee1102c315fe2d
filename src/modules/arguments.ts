import { z } from 'zod';

const YES = new Set(['yes', 'on', '1', 'true', 't', 'y', '1.0']);
const NO = new Set(['no', 'off', '0', 'false', 'f', 'n', '0.0']);

/** A boolean as Ansible takes it: true, 1, `yes`, `on`, `true`, `t`, `y` and their opposites, in any case. */
export const bool = z.preprocess(
  (value) => {
    const word = String(value).trim().toLowerCase();
    if (YES.has(word)) return true;
    return NO.has(word) ? false : value;
  },
  z.boolean({ error: ({ input }) => `${JSON.stringify(input)} is no boolean; write true or false` }),
);

/** Text; a number or a boolean becomes text as Python writes it. */
export const text = z.preprocess(
  (value) => {
    if (typeof value === 'number') return String(value);
    if (typeof value === 'boolean') return value ? 'True' : 'False';
    return value;
  },
  z.string({ error: ({ input }) => (input === undefined ? 'is missing' : `${JSON.stringify(input)} is no text`) }),
);

/** Text without a NUL, which no shell word can hold. */
export const word = text.refine((value) => !value.includes('\0'), 'holds a NUL character');

/** A path on the host: absolute, below `~`, or relative to the login directory. */
export const path = word.refine((value) => value !== '', 'is empty; a path is needed');

/** A whole number, also as text. */
export const int = z.preprocess(
  (value) => (typeof value === 'string' && /^\s*[-+]?\d+\s*$/.test(value) ? Number(value) : value),
  z.number({ error: ({ input }) => `${JSON.stringify(input)} is no whole number` }).int(),
);

/** A number, also as text. */
export const float = z.preprocess(
  (value) => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value),
  z.number({ error: ({ input }) => `${JSON.stringify(input)} is no number` }),
);

/** A list of texts: a list, or one text with commas. */
export const list = z.preprocess((value) => {
  if (typeof value === 'string') return value.split(',').map((item) => item.trim());
  return Array.isArray(value) || value === undefined ? value : [value];
}, z.array(text));

/** A user or group: a name or a number. It can never be read as an option. */
export const owner = word.refine((value) => /^[^\s:-][^\s:]*$/.test(value), 'is no name of a user or group');

const SYMBOLIC = /^[ugoa]*(?:[-+=][rwxXstugo]*)+$/;

/**
 * A file mode: `'0644'`, `u=rw,g=r,o=r`, or a number.
 *
 * YAML 1.1 reads a bare 0644 as the number 420, so a number is the mode itself. A bare 644 is therefore octal 1204,
 * with Ansible as here.
 *
 * @returns octal text of four digits, or symbolic text
 */
export const octalMode = z
  .union([z.string(), z.number()], { error: 'is no file mode; write it in quotes: "0644"' })
  .transform((value, context) => {
    const octal = typeof value === 'number' ? value.toString(8) : value.trim().replace(/^0o/, '');
    if (/^[0-7]{1,5}$/.test(octal) && Number.parseInt(octal, 8) <= 0o7777) {
      return Number.parseInt(octal, 8).toString(8).padStart(4, '0');
    }
    if (typeof value === 'string' && value.split(',').every((clause) => SYMBOLIC.test(clause.trim()))) return value;
    context.addIssue({ code: 'custom', message: `${JSON.stringify(value)} is no file mode; write it as "0644"` });
    return z.NEVER;
  });

/** `'0644'`, symbolic text or `preserve`. */
export const octalModeOrPreserve = z.union([z.literal('preserve'), octalMode]);

/** Who owns a file and what its mode is. */
export const fileAttributeArguments = {
  mode: octalMode.optional(),
  owner: owner.optional(),
  group: owner.optional(),
};

/** Arguments by a module's own names: with `{ regex: 'regexp' }` the value of `regex` is that of `regexp`. */
export function renamed(given: unknown, otherNames: Readonly<Record<string, string>>): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given;
  const own = (name: string) => (Object.hasOwn(otherNames, name) ? (otherNames[name] as string) : name);
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [own(name), value]));
}

/** Rules such as "a and b exclude each other": an issue for each rule that is broken. */
export function excludes<Args extends object>(...names: readonly (keyof Args & string)[]) {
  return (args: Args, context: z.RefinementCtx): void => {
    const given = names.filter((name) => args[name] !== undefined);
    if (given.length > 1) context.addIssue({ code: 'custom', message: `${given.join(' and ')} exclude each other` });
  };
}
