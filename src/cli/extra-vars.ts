import { FixError } from '../core/error.js';
import { readText } from '../core/read-text.js';
import { parseYaml } from '../core/yaml.js';
import { splitKeyValues } from '../engine/key-values.js';

/**
 * `-e`: `name=value` words (values are text, as with Ansible), a JSON or YAML mapping, or `@file`; later ones win.
 * @throws FixError `cli/usage`, `file/missing`, `yaml/syntax`
 */
export function extraVars(given: readonly string[]): Record<string, unknown> {
  return Object.assign({}, ...given.map(oneOf));
}

function oneOf(text: string): Record<string, unknown> {
  if (text.startsWith('@')) return mapping(readText(text.slice(1), 'the variables'), text.slice(1));
  if (/^\s*[{[]/.test(text)) return mapping(text, '-e');
  return splitKeyValues(text, { what: '-e', code: 'cli/usage' });
}

function mapping(text: string, file: string): Record<string, unknown> {
  const { value } = parseYaml(text, file);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new FixError('cli/usage', `${file} holds no mapping of names to values`, { hint: 'Write name: value lines.' });
}
