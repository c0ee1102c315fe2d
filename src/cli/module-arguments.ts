import { z } from 'zod';

/** One argument of a module, as the reference shows it. */
export interface ModuleArgument {
  readonly name: string;
  readonly required: boolean;
  /** `string`, `present | absent`, `list of string`, `anything`. */
  readonly kinds: string;
  /** As JSON; undefined where there is none. */
  readonly otherwise: string | undefined;
  /** What the schema itself says of it. */
  readonly about: string | undefined;
}

interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly default?: unknown;
  readonly description?: string;
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false | Schema;
}

/** The arguments of a module, in the order of its schema; a module that takes any name has one called `(any name)`. */
export function moduleArguments(args: z.ZodType): ModuleArgument[] {
  const schema = z.toJSONSchema(args, {
    io: 'input',
    unrepresentable: 'any',
    // zod leaves out the default of what it converts first (`yes` to true).
    override({ zodSchema: { _zod }, jsonSchema }) {
      if (_zod.def.type === 'default') jsonSchema.default = (_zod.def as z.core.$ZodDefaultDef).defaultValue as never;
    },
  }) as ObjectSchema;
  const named = Object.entries(schema.properties ?? {});
  const anyName = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  return [...named, ...(anyName ? [['(any name)', anyName] as const] : [])].map(([name, argument]) => ({
    name,
    required: schema.required?.includes(name) === true,
    kinds: [...new Set(kindsOf(argument))].join(' | '),
    otherwise: argument.default === undefined ? undefined : JSON.stringify(argument.default),
    about: argument.description,
  }));
}

function kindsOf(schema: Schema): string[] {
  if (schema.enum) return schema.enum.map(wordOf);
  if ('const' in schema) return [wordOf(schema.const)];
  if (schema.anyOf) return schema.anyOf.flatMap(kindsOf);
  if (schema.type === 'array') return [listOf(schema.items)];
  if (schema.type === undefined) return ['anything'];
  return typeof schema.type === 'string' ? [schema.type] : [...schema.type];
}

function listOf(items: Schema | undefined): string {
  const [kind, ...others] = items === undefined ? [] : kindsOf(items);
  return kind === undefined || kind === 'anything' || others.length > 0 ? 'list' : `list of ${kind}`;
}

/** A value as an operator writes it; quoted where it is no plain word. */
function wordOf(value: unknown): string {
  return typeof value === 'string' && /^[\w.-]+$/.test(value) ? value : JSON.stringify(value);
}
