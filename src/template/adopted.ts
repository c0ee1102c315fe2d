import { TaggedText } from '../core/yaml.js';
import { isDict, isList, LazyDict, Rendered, Tuple } from './values.js';

/** A foreign value as a template's own view of it, so that nothing a template does reaches back. */
export function adopted(value: unknown): unknown {
  if (value === undefined) return null;
  if (isList(value)) return value instanceof Tuple ? value : value.map(adopted);
  if (value instanceof Rendered) return adopted(value.value);
  if (value instanceof TaggedText) return value.reveal();
  if (value instanceof LazyDict) return viewOf(value);
  if (!isDict(value) || value instanceof Map) return value;
  return lazily(value as Readonly<Record<string, unknown>>, adopted);
}

/** A dict whose values are made from another's when they are read, once each. */
export function lazily(
  dict: Readonly<Record<string, unknown>>,
  make: (value: unknown, key: string) => unknown,
): LazyDict {
  const made = new Map<string, unknown>();
  return new LazyDict({
    keys: () => Object.keys(dict),
    has: (key) => Object.hasOwn(dict, key),
    get(key) {
      if (!made.has(key)) made.set(key, make(dict[key], key));
      return made.get(key);
    },
  });
}

function viewOf(dict: LazyDict): LazyDict {
  return new LazyDict({ keys: () => dict.keys(), has: (key) => dict.has(key), get: (key) => dict.get(key) });
}
