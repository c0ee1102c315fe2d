import { defined, failed } from './failure.js';
import type { Runtime } from './runtime.js';
import type { CallArgs } from './values.js';

/** What a filter, test, method or global does; `args` are in the order of its parameters, `undefined` where not given. */
export type Body = (value: unknown, args: readonly unknown[], runtime: Runtime) => unknown;

/** One entry of a table of filters, tests, methods or globals. */
export interface Entry {
  readonly parameters: readonly Parameter[];
  /** It takes what is not there; all others throw `template/undefined` before they run. */
  readonly lenient: boolean;
  readonly run: Body;
}

interface Parameter {
  readonly name: string;
  readonly kind: 'required' | 'optional' | 'rest' | 'named-rest';
}

/**
 * Describes an entry.
 * @param signature parameters after the value: `'old, new, count='`; `=` marks those that may be left out,
 *   `*rest` takes what is left by place (a list), `**rest` by name (a record)
 */
export function entry(signature: string, run: Body): Entry {
  return { parameters: parametersOf(signature), lenient: false, run };
}

/** An entry that may be given what is not there. */
export function lenientEntry(signature: string, run: Body): Entry {
  return { parameters: parametersOf(signature), lenient: true, run };
}

export type Table = Readonly<Record<string, Entry>>;

/** An own entry of a table, never something inherited. */
export function lookIn(table: Table, name: string): Entry | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** Calls an entry with arguments as Python would bind them. @throws FixError `template/failed`, `template/undefined` */
export function callEntry(what: string, entry: Entry, value: unknown, call: CallArgs, runtime: Runtime): unknown {
  const args = bind(what, entry.parameters, call);
  if (entry.lenient) return entry.run(value, args, runtime);
  return entry.run(defined(value), args.map(defined), runtime);
}

function parametersOf(signature: string): Parameter[] {
  const names = signature.split(',').map((part) => part.trim());
  return names
    .filter((name) => name !== '')
    .map((name): Parameter => {
      if (name.startsWith('**')) return { name: name.slice(2), kind: 'named-rest' };
      if (name.startsWith('*')) return { name: name.slice(1), kind: 'rest' };
      return name.endsWith('=') ? { name: name.slice(0, -1), kind: 'optional' } : { name, kind: 'required' };
    });
}

function bind(what: string, parameters: readonly Parameter[], { args, kwargs }: CallArgs): unknown[] {
  const left = new Map(Object.entries(kwargs));
  let taken = 0;
  const bound = parameters.map((parameter) => {
    if (parameter.kind === 'rest') {
      const rest = args.slice(taken);
      taken = args.length;
      return rest;
    }
    if (parameter.kind === 'named-rest') return Object.fromEntries(left);
    if (taken < args.length) {
      if (left.has(parameter.name)) throw failed(`${what} got '${parameter.name}' twice`);
      return args[taken++];
    }
    if (!left.has(parameter.name) && parameter.kind === 'required') {
      throw failed(`${what} needs the argument '${parameter.name}'`);
    }
    const value = left.get(parameter.name);
    left.delete(parameter.name);
    return value;
  });
  if (taken < args.length) throw failed(`${what} takes ${taken} arguments, but ${args.length} were given`);
  const [unknown] = parameters.some(({ kind }) => kind === 'named-rest') ? [] : left.keys();
  if (unknown !== undefined) throw failed(`${what} has no argument '${unknown}'`);
  return bound;
}
