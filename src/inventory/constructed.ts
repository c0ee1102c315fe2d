import { FixError, messageOf } from '../core/error.js';
import { nearest } from '../core/nearest.js';
import { readYaml } from '../core/read-yaml.js';
import { printableLine } from '../core/text.js';
import type { SourceYaml } from '../core/yaml.js';
import type { Draft, DraftHost } from './draft.js';
import type { SourceOptions } from './formats.js';
import { invalidAt } from './invalid.js';
import type { Variables } from './inventory.js';
import { type KeyedGroup, keyedGroups, pythonText, readKeyedGroups } from './keyed-groups.js';
import { Merge } from './merge-vars.js';

/** What reads the expressions of a `constructed` source. Each of them throws where a part of it is not there. */
export interface InventoryTemplates {
  /** The value of an expression, with a host's variables. */
  value(expression: string, vars: Variables): unknown;
  holds(condition: string, vars: Variables): boolean;
  /** A text with expressions in it. */
  text(template: string, vars: Variables): string;
}

interface Plan {
  /** Whether an expression that cannot be worked out for a host is an error; without it, it is passed over. */
  readonly strict: boolean;
  /** Variables by name, as expressions. */
  readonly compose: ReadonlyMap<string, string>;
  /** Conditions by group. */
  readonly groups: ReadonlyMap<string, string>;
  readonly keyed: readonly KeyedGroup[];
  /** Whether `group_vars/` and `host_vars/` count. */
  readonly withFiles: boolean;
  /** Whether a group with no prefix begins with the separator. */
  readonly leadingSeparator: boolean;
}

const OPTIONS = [
  'plugin',
  'strict',
  'compose',
  'groups',
  'keyed_groups',
  'use_vars_plugins',
  'use_extra_vars',
  'leading_separator',
];

export function isConstructed(text: string): boolean {
  return /^(['"]?)plugin\1\s*:\s*(['"]?)(?:ansible\.builtin\.)?constructed\2\s*(?:#.*)?$/m.test(text);
}

/**
 * Reads a source that gives the hosts which other sources have named variables and groups, from what is known of them.
 *
 * @throws FixError `yaml/syntax`, `inventory/invalid`, `inventory/templates`, with place and mend
 * @see ansible-core 2.14 `plugins/inventory/constructed.py`, and `Constructable` in `plugins/inventory/__init__.py`
 */
export function readConstructed(text: string, file: string, draft: Draft, options: SourceOptions): void {
  const source = readYaml(text, file, options.vault);
  draft.warnings.push(...source.warnings);
  const plan = planOf(source);
  const { templates } = options;
  if (templates === undefined) {
    throw new FixError('inventory/templates', 'there is nothing to read expressions with', { at: file, hint: '' });
  }
  const known = knownVars(draft, plan.withFiles ? [...draft.folders] : [], options);
  for (const host of [...draft.hosts.values()]) {
    const attempt = <T>(what: string, work: () => T): T | undefined => {
      try {
        return work();
      } catch (cause) {
        if (!plan.strict) return undefined;
        const message = `${what} cannot be worked out for ${printableLine(host.name, 80)}: ${messageOf(cause)}`;
        const hint = 'Mend the expression, or leave `strict` out: then it is passed over.';
        throw new FixError('inventory/templates', message, { at: file, hint, cause });
      }
    };
    compose(plan, host, known(host), templates, attempt);
    const vars = known(host);
    for (const [group, condition] of plan.groups) {
      if (attempt(`the group ${printableLine(group, 80)}`, () => templates.holds(condition, vars)) === true)
        draft.addHost(host.name, safeName(group), file);
    }
    for (const { name, parent } of keyedGroups(plan.keyed, plan, vars, templates, attempt)) {
      draft.addHost(host.name, safeName(name), file);
      if (parent === undefined) continue;
      draft.group(safeName(parent), file);
      draft.addChild(safeName(parent), safeName(name));
    }
  }
}

/** Tries an expression; `undefined` where it cannot be worked out, and need not. */
export type Attempt = <T>(what: string, work: () => T) => T | undefined;

function compose({ compose }: Plan, host: DraftHost, vars: Variables, templates: InventoryTemplates, attempt: Attempt) {
  for (const [name, expression] of compose) {
    const found = attempt(name, () => ({ value: templates.value(expression, vars) }));
    if (found !== undefined) host.vars[name] = found.value;
  }
}

/** What is known of a host so far, as Ansible merges it, with its name and groups. */
function knownVars(draft: Draft, folders: readonly string[], { vault }: SourceOptions): (host: DraftHost) => Variables {
  let merge = new Merge(draft, folders, vault);
  let groupsThen = draft.groups.size;
  return (host) => {
    if (draft.groups.size !== groupsThen) merge = new Merge(draft, folders, vault);
    groupsThen = draft.groups.size;
    const groups = draft.namesOfGroups(host);
    const [short] = host.name.split('.');
    const magic = { inventory_hostname: host.name, inventory_hostname_short: short, group_names: groups };
    return { ...merge.hostVars(host, groups, draft.groupsAsJoined(host)), ...magic };
  };
}

/** Groups that are made have names that are variables' names. */
function safeName(name: string): string {
  return name.replace(/^\d|[^\p{L}\p{N}_]/gu, '_');
}

function planOf(source: SourceYaml): Plan {
  const given = source.value as Record<string, unknown>;
  for (const name of source.keys([])) {
    if (OPTIONS.includes(name)) continue;
    const near = nearest(name, OPTIONS);
    const hint = near === undefined ? `It may be one of ${OPTIONS.join(', ')}.` : `Did you mean ${near}?`;
    throw invalidAt(source.at([name]), `${printableLine(name, 80)} is no option of constructed`, hint);
  }
  if (flag(source, given, 'use_extra_vars', false)) {
    const hint = 'Put the variables into the inventory.';
    throw invalidAt(source.at(['use_extra_vars']), 'use_extra_vars is not supported', hint);
  }
  return {
    strict: flag(source, given, 'strict', false),
    compose: expressions(source, given, 'compose'),
    groups: expressions(source, given, 'groups'),
    keyed: readKeyedGroups(source, given.keyed_groups),
    withFiles: flag(source, given, 'use_vars_plugins', false),
    leadingSeparator: flag(source, given, 'leading_separator', true),
  };
}

function flag(source: SourceYaml, given: Record<string, unknown>, name: string, usual: boolean): boolean {
  const value = given[name] ?? usual;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' && /^(yes|no|true|false|on|off)$/i.test(value)) return /^(yes|true|on)$/i.test(value);
  throw invalidAt(source.at([name]), `${name} has to be true or false`, `Write \`${name}: true\`.`);
}

function expressions(source: SourceYaml, given: Record<string, unknown>, name: string): Map<string, string> {
  const value = given[name];
  if (value === undefined || value === null) return new Map();
  if (typeof value !== 'object' || Array.isArray(value))
    throw invalidAt(source.at([name]), `${name} has to be a mapping`, 'Write `NAME: EXPRESSION` below it.');
  return new Map(source.keys([name]).map((key) => [key, pythonText((value as Record<string, unknown>)[key])]));
}
