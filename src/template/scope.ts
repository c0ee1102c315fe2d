import { FixError } from '../core/error.js';
import { neverShow } from '../core/mask.js';
import { looksSecret } from '../core/secret-names.js';
import { printableLine } from '../core/text.js';
import { TaggedText } from '../core/yaml.js';
import { adopted, lazily } from './adopted.js';
import { createEnvironment, type EnvironmentOptions } from './environment.js';
import { nativeValue } from './native-value.js';
import type { Environment, Scope } from './runtime.js';
import { isDict, isList, LazyDict, Rendered, Tuple, Undefined } from './values.js';

export type Variables = Readonly<Record<string, unknown>>;

/**
 * The variables that templates see. A text with a template in it is rendered when it is read, in the scope that reads
 * it, however deep it stands in lists and dicts, and its value is kept as long as the scope.
 *
 * What came from a host or was rendered before is no template: pass it through `asValues` (or one of them through
 * `asValue`), or a host could make the program render what it likes.
 *
 * @param vars by name; a name hides the parent's
 * @param parent the scope whose variables are seen too, or the options of the environment where this is the first
 */
export function scopeOf(vars: Variables, parent: Scope | Environment | EnvironmentOptions = {}): Scope {
  if ('read' in parent) return new VariableScope(layerOf(vars), parent.environment, parent);
  return new VariableScope(layerOf(vars), 'parseTemplate' in parent ? parent : createEnvironment(parent), undefined);
}

/** Variables of one rank. */
export interface Layer {
  has(name: string): boolean;
  /** As `scopeOf` takes it: a text may be a template, what is passed through `asValue` is none. */
  get(name: string): unknown;
  names(): readonly string[];
}

/** A layer of variables whose texts may be templates. */
export function layerOf(vars: Variables): Layer {
  return { has: (name) => Object.hasOwn(vars, name), get: (name) => vars[name], names: () => Object.keys(vars) };
}

/** A layer of values, none of which is taken for a template. */
export function layerOfValues(vars: Variables): Layer {
  return { ...layerOf(vars), get: (name) => asValue(vars[name]) };
}

/**
 * A scope over layers, the strongest first. Nothing of them is copied: what joins a layer later is seen, unless it was
 * read before.
 */
export function layeredScope(layers: readonly Layer[], environment: Environment): Scope {
  const layer: Layer = {
    has: (name) => layers.some((one) => one.has(name)),
    get: (name) => layers.find((one) => one.has(name))?.get(name),
    names: () => [...new Set(layers.flatMap((one) => one.names()))],
  };
  return new VariableScope(layer, environment, undefined);
}

/** A value that no scope takes for a template: what a host printed, what was rendered before. */
export function asValue(value: unknown): unknown {
  return value instanceof Rendered ? value : new Rendered(value);
}

/** The same for each variable. */
export function asValues(vars: Variables): Variables {
  return Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, asValue(value)]));
}

/** What a template gave under the name of a secret is one from here on. */
function hidden(name: string, value: unknown): unknown {
  if ((typeof value === 'string' || typeof value === 'number') && looksSecret(name)) neverShow(String(value));
  return value;
}

class VariableScope implements Scope {
  readonly #memo = new Map<string, unknown>();
  /** The variables that are being read, each for the sake of the one before it. */
  readonly #reading: string[] = [];

  constructor(
    readonly own: Layer,
    readonly environment: Environment,
    readonly parent: Scope | undefined,
  ) {}

  has(name: string): boolean {
    return this.own.has(name) || (this.parent?.has(name) ?? false);
  }

  get(name: string): unknown {
    return this.own.has(name) ? this.own.get(name) : this.parent?.get(name);
  }

  names(): readonly string[] {
    return [...new Set([...this.own.names(), ...(this.parent?.names() ?? [])])];
  }

  read(name: string): unknown {
    if (this.#memo.has(name)) return this.#memo.get(name);
    if (!this.has(name)) return new Undefined(`'${name}' is undefined`, name);
    const value = hidden(name, this.#value(this.get(name), name));
    this.#memo.set(name, value);
    return value;
  }

  /** A variable's value, or a part of it. @param path how the part is reached, `cfg.ports[0]` */
  #value(given: unknown, path: string): unknown {
    if (given instanceof Rendered) return adopted(given.value);
    if (given === undefined) return null;
    if (given instanceof TaggedText) return given.reveal();
    if (typeof given === 'string') return this.#text(given, path);
    if (isList(given) && !(given instanceof Tuple)) {
      return given.map((item, index) => this.#value(item, `${path}[${index}]`));
    }
    if (!isDict(given) || given instanceof Map || given instanceof LazyDict) return adopted(given);
    return lazily(given as Variables, (item, key) => hidden(key, this.#value(item, `${path}.${key}`)));
  }

  #text(text: string, path: string): unknown {
    if (!text.includes('{')) return text;
    if (this.#reading.includes(path)) {
      const chain = [...this.#reading.slice(this.#reading.indexOf(path)), path];
      throw new FixError('template/failed', `variables refer to each other in a circle: ${chain.join(' -> ')}`, {
        hint: 'Give one of them a value that does not lead back to itself.',
      });
    }
    this.#reading.push(path);
    try {
      return nativeValue(text, this);
    } catch (thrown) {
      if (!(thrown instanceof FixError) || thrown.code !== 'template/undefined') throw thrown;
      // Only its use is an error: `default` may still catch it, as in Ansible.
      return new Undefined(`${thrown.message} (the variable '${printableLine(path, 80)}')`, path);
    } finally {
      this.#reading.pop();
    }
  }
}
