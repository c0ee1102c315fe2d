import { TaggedText } from '../core/yaml.js';

/**
 * A value as Python's `json.dumps(sort_keys=True, indent=4, ensure_ascii=False)` prints it, which is how Ansible prints
 * inventories. Unlike `JSON.stringify` it keeps keys like `10` in their sorted place.
 *
 * @see ansible-core 2.14 `cli/inventory.py`, `dump`, and `parsing/ajson.py` for tagged texts
 */
export function pythonJson(value: unknown, indent = ''): string {
  if (value instanceof TaggedText) return pythonJson(taggedObject(value), indent);
  if (typeof value === 'number' && !Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : `${value}`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const inner = `${indent}    `;
  const parts = Array.isArray(value)
    ? value.map((item) => inner + pythonJson(item, inner))
    : Object.entries(value)
        .sort(([a], [b]) => byCodePoint(a, b))
        .map(([name, item]) => `${inner}${JSON.stringify(name)}: ${pythonJson(item, inner)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return parts.length === 0 ? `${open}${close}` : `${open}\n${parts.join(',\n')}\n${indent}${close}`;
}

function taggedObject({ tag, text }: TaggedText): Record<string, string> {
  return tag === '!vault' ? { __ansible_vault: text } : { __ansible_unsafe: text };
}

function byCodePoint(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
