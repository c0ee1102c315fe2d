import { printableLine } from '../core/text.js';
import type { SourceYaml } from '../core/yaml.js';
import type { Attempt, InventoryTemplates } from './constructed.js';
import { invalidAt } from './invalid.js';
import type { Variables } from './inventory.js';

/** Groups that are named after a value of each host. */
export interface KeyedGroup {
  readonly key: string;
  readonly prefix: string;
  readonly separator: string;
  readonly parentGroup: string | undefined;
  /** What stands for an empty value. */
  readonly defaultValue: string | undefined;
  /** Whether the name of an entry with an empty value ends with the separator. */
  readonly trailingSeparator: boolean;
  readonly at: string;
}

const PARTS = ['key', 'prefix', 'separator', 'parent_group', 'default_value', 'trailing_separator'];

/** @throws FixError `inventory/invalid` */
export function readKeyedGroups(source: SourceYaml, value: unknown): KeyedGroup[] {
  if (value === undefined || value === null) return [];
  const hint = 'Write `- key: EXPRESSION`, with prefix, separator, parent_group, default_value or trailing_separator.';
  if (!Array.isArray(value)) throw invalidAt(source.at(['keyed_groups']), 'keyed_groups has to be a list', hint);
  return value.map((entry: unknown, index) => {
    const at = source.at(['keyed_groups', index]);
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
      throw invalidAt(at, 'a keyed group has to be a mapping', hint);
    const given = entry as Record<string, unknown>;
    for (const name of Object.keys(given))
      if (!PARTS.includes(name)) throw invalidAt(at, `${printableLine(name, 80)} is no part of a keyed group`, hint);
    if (given.key === undefined || given.key === null) throw invalidAt(at, 'a keyed group needs a key', hint);
    const defaultValue = textOf(given.default_value);
    if (defaultValue !== undefined && given.trailing_separator !== undefined && given.trailing_separator !== null)
      throw invalidAt(at, 'default_value and trailing_separator exclude each other', 'Leave one of them out.');
    return {
      key: String(given.key),
      prefix: textOf(given.prefix) ?? '',
      separator: textOf(given.separator) ?? '_',
      parentGroup: textOf(given.parent_group) || undefined,
      defaultValue,
      trailingSeparator: given.trailing_separator !== false,
      at,
    };
  });
}

function textOf(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}

/** The groups that a host is in by its values, each with its parent. */
export function keyedGroups(
  keyed: readonly KeyedGroup[],
  { strict, leadingSeparator }: { readonly strict: boolean; readonly leadingSeparator: boolean },
  vars: Variables,
  templates: InventoryTemplates,
  attempt: Attempt,
): { name: string; parent: string | undefined }[] {
  return keyed.flatMap((entry) => {
    const what = `the groups of ${printableLine(entry.key, 80)}`;
    const found = attempt(what, () => ({ value: templates.value(entry.key, vars) }));
    if (found === undefined) return [];
    if (isNothing(found.value) && !(found.value === '' && entry.defaultValue !== undefined)) {
      const none = `${entry.key} gives nothing`;
      if (strict && !isEmptyCollection(found.value))
        throw invalidAt(entry.at, none, 'Give it a default_value, or leave `strict` out.');
      return [];
    }
    const parent = parentOf(entry, vars, templates, attempt);
    if (parent === null) return [];
    const separator = entry.prefix === '' && !leadingSeparator ? '' : entry.separator;
    return namesOf(entry, found.value).map((bare) => ({ name: `${entry.prefix}${separator}${bare}`, parent }));
  });
}

function parentOf({ parentGroup }: KeyedGroup, vars: Variables, templates: InventoryTemplates, attempt: Attempt) {
  if (parentGroup === undefined) return undefined;
  return attempt('the parent of a group', () => templates.text(parentGroup, vars)) ?? null;
}

function isNothing(value: unknown): boolean {
  return (
    value === undefined || value === null || value === '' || value === false || value === 0 || isEmptyCollection(value)
  );
}

function isEmptyCollection(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function namesOf({ separator, defaultValue, trailingSeparator, at, key }: KeyedGroup, value: unknown): string[] {
  if (typeof value === 'string') return [value === '' ? (defaultValue as string) : value];
  if (Array.isArray(value)) {
    return value.map((one: unknown) => (one === '' && defaultValue !== undefined ? defaultValue : pythonText(one)));
  }
  if (typeof value !== 'object') {
    const hint = 'A key has to give a text, a list or a mapping.';
    throw invalidAt(at, `${printableLine(key, 80)} gives ${typeof value}`, hint);
  }
  return Object.entries(value as object).map(([name, held]: [string, unknown]) => {
    if (held !== '') return `${name}${separator}${pythonText(held)}`;
    if (defaultValue !== undefined) return `${name}${separator}${defaultValue}`;
    return trailingSeparator ? `${name}${separator}` : name;
  });
}

/** As Python prints it, in an expression or a name. */
export function pythonText(value: unknown): string {
  if (value === null) return 'None';
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);
}
