import { FixError } from '../core/error.js';
import { nearest } from '../core/nearest.js';
import { readYaml } from '../core/read-yaml.js';
import { printableLine } from '../core/text.js';
import type { VaultReader } from '../core/vault.js';
import { type SourceYaml, TaggedText, type YamlPath } from '../core/yaml.js';
import { type Draft, type DraftGroup, setGroupVariables, setVariables } from './draft.js';
import { readHostNames } from './host-names.js';
import type { Variables } from './inventory.js';

const SECTIONS = ['hosts', 'vars', 'children'];

/** Where in a source we are, and what is being filled. */
interface Reading {
  readonly source: SourceYaml;
  readonly draft: Draft;
}

/**
 * Reads a YAML inventory into a draft: groups at the top, each with `hosts`, `vars` and `children`.
 *
 * Stricter than Ansible, which skips what it does not know: a wrong key or type is an error here.
 *
 * @throws FixError `yaml/syntax`, `inventory/invalid`, with place and mend
 * @see ansible-core 2.14 `plugins/inventory/yaml.py`
 */
export function readYamlInventory(text: string, file: string, draft: Draft, vault?: VaultReader): void {
  const source = readYaml(text, file, vault);
  const reading = { source, draft };
  draft.warnings.push(...source.warnings);
  const top = mappingAt(reading, [], source.value, 'an inventory');
  if (top === undefined)
    throw invalid(source, [], 'this inventory is empty', 'Start it with `all:` and `hosts:` below it.');
  if (top.plugin) {
    const hint =
      'Write its hosts down, for example with `ansible-inventory --list --yaml` on a machine that has Ansible.';
    throw invalid(source, ['plugin'], 'this is the configuration of an inventory plugin, not an inventory', hint);
  }
  for (const name of source.keys([])) {
    if (SECTIONS.includes(name)) {
      throw invalid(
        source,
        [name],
        `${name} stands at the top, where groups stand`,
        'Put `all:` above it, and indent it.',
      );
    }
    readGroup(reading, [name], name, top[name]);
  }
}

function readGroup(reading: Reading, path: YamlPath, name: string, value: unknown): DraftGroup {
  const { source, draft } = reading;
  textKey(reading, path, 'group');
  const group = draft.group(name, source.at(path));
  const body = mappingAt(reading, path, value, `the group ${shown(name)}`);
  for (const section of body === undefined ? [] : source.keys(path)) {
    const inner = [...path, section];
    if (section === 'hosts') readHosts(reading, inner, group, body?.[section]);
    else if (section === 'vars') readVars(reading, inner, group, body?.[section]);
    else if (section === 'children') readChildren(reading, inner, group, body?.[section]);
    else throw unknownSection(source, inner, group.name, section, body?.[section]);
  }
  return group;
}

function readHosts({ source, draft }: Reading, path: YamlPath, group: DraftGroup, value: unknown): void {
  if (typeof value === 'string') {
    for (const name of readHostNames(value, source.at(path), draft.warnings).names) {
      draft.addHost(name, group.name, source.at(path));
    }
    return;
  }
  const hosts = mappingAt({ source, draft }, path, value, 'hosts');
  for (const pattern of hosts === undefined ? [] : source.keys(path)) {
    const inner = [...path, pattern];
    textKey({ source, draft }, inner, 'host');
    const { names, port } = readHostNames(pattern, source.at(inner), draft.warnings);
    const vars = mappingAt({ source, draft }, inner, hosts?.[pattern], `the host ${shown(pattern)}`) ?? {};
    for (const name of names) setVariables(draft.addHost(name, group.name, source.at(inner), port).vars, vars);
  }
}

function readVars(reading: Reading, path: YamlPath, group: DraftGroup, value: unknown): void {
  const vars = mappingAt(reading, path, value, 'vars') ?? {};
  setGroupVariables(group, vars, (message, hint) =>
    invalid(reading.source, [...path, 'ansible_group_priority'], message, hint),
  );
}

function readChildren(reading: Reading, path: YamlPath, group: DraftGroup, value: unknown): void {
  const { source, draft } = reading;
  const children = typeof value === 'string' ? { [value]: null } : mappingAt(reading, path, value, 'children');
  for (const name of typeof value === 'string' ? [value] : children === undefined ? [] : source.keys(path)) {
    const child = readGroup(reading, typeof value === 'string' ? path : [...path, name], name, children?.[name]);
    draft.addChild(group.name, child.name);
  }
}

/** A mapping, or undefined where nothing is written. @throws FixError `inventory/invalid` for anything else */
function mappingAt({ source }: Reading, path: YamlPath, value: unknown, what: string): Variables | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'object' && !Array.isArray(value) && !(value instanceof TaggedText)) return value as Variables;
  const hint = Array.isArray(value)
    ? 'Write `name:` on a line of its own for each, in place of `- name`.'
    : 'Write `key: value` lines below it, or nothing.';
  throw invalid(source, path, `${what} has to be a mapping, not ${kindOf(value)}`, hint);
}

function textKey({ source }: Reading, path: YamlPath, what: 'group' | 'host'): void {
  const name = String(path.at(-1));
  if (!source.isTextKey(path)) {
    const said = `the ${what} name ${shown(name)} is read as a number, a yes or a no`;
    throw invalid(source, path, said, 'Put the name in quotes.');
  }
  if (name.trim() === '' || /[\s\u0000-\u001f\u007f-\u009f]/.test(name)) {
    const said = `${shown(JSON.stringify(name))} cannot be the name of a ${what}`;
    throw invalid(source, path, said, 'Use a name without blanks and control characters.');
  }
}

function unknownSection(source: SourceYaml, path: YamlPath, group: string, key: string, value: unknown): FixError {
  const near = nearest(key, SECTIONS, 1)[0];
  const isGroup = typeof value === 'object' && value !== null && SECTIONS.some((section) => section in value);
  const home = isGroup ? 'children' : typeof value === 'object' ? 'hosts' : 'vars';
  const hint = near ? `Did you mean ${near}?` : `Put it under ${home}: in the group ${shown(group)}.`;
  return invalid(source, path, `a group has hosts, vars and children; ${shown(key)} is none of them`, hint);
}

function invalid(source: SourceYaml, path: YamlPath, message: string, hint: string): FixError {
  return new FixError('inventory/invalid', message, { hint, at: source.at(path) });
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return value instanceof TaggedText ? `a text with ${value.tag}` : `the ${typeof value} ${shown(String(value))}`;
}

function shown(text: string): string {
  return printableLine(text, 80);
}
