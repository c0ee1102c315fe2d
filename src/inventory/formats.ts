import { type Stats, statSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { readText } from '../core/read-text.js';
import type { VaultReader } from '../core/vault.js';
import { type InventoryTemplates, isConstructed, readConstructed } from './constructed.js';
import type { Draft } from './draft.js';
import { readHostNames } from './host-names.js';
import { sourcesIn } from './read-folder.js';
import { readIniInventory } from './read-ini.js';
import { readInventoryProgram } from './read-program.js';
import { readYamlInventory } from './read-yaml.js';

export interface SourceOptions {
  /** Opens files and values that are encrypted with ansible-vault. */
  readonly vault?: VaultReader | undefined;
  /** Reads the expressions of `constructed` sources. */
  readonly templates?: InventoryTemplates | undefined;
}

/** A way to write an inventory down. The first format that recognises a source reads it. */
export interface InventoryFormat {
  readonly name: string;
  /** The inventory plugins of Ansible that it stands for. */
  readonly plugins: readonly string[];
  recognises(path: string, source: { text(): string; isFolder: boolean; isProgram: boolean }): boolean;
  /** Whether variables files beside it belong to it. */
  readonly isFile: boolean;
  read(path: string, text: () => string, draft: Draft, options: SourceOptions): void;
}

export const FORMATS: readonly InventoryFormat[] = [
  {
    name: 'a list of hosts',
    plugins: ['host_list', 'advanced_host_list'],
    isFile: false,
    recognises: (path) => path.includes(',') && statOf(path) === undefined,
    read: readHostList,
  },
  {
    name: 'a folder of inventories',
    plugins: [],
    isFile: true,
    recognises: (_path, { isFolder }) => isFolder,
    read: (path, _text, draft, options) => {
      for (const source of sourcesIn(path)) readSource(source, draft, options);
    },
  },
  {
    name: 'a program that prints an inventory',
    plugins: ['script'],
    isFile: true,
    recognises: (_path, { isProgram, text }) => isProgram && text().startsWith('#!'),
    read: (path, _text, draft) => readInventoryProgram(path, draft),
  },
  {
    name: 'an INI inventory',
    plugins: ['ini'],
    isFile: true,
    recognises: (path, { text }) => !YAML_EXTENSIONS.includes(extname(path)) && looksLikeIni(text()),
    read: (path, text, draft) => readIniInventory(text(), path, draft),
  },
  {
    name: 'groups and variables made of those that there are',
    plugins: ['constructed'],
    isFile: true,
    recognises: (path, { text }) => CONSTRUCTED_EXTENSIONS.includes(extname(path)) && isConstructed(text()),
    read: (path, text, draft, options) => readConstructed(text(), path, draft, options),
  },
  {
    name: 'a YAML inventory',
    plugins: ['yaml'],
    isFile: true,
    recognises: () => true,
    read: (path, text, draft, { vault }) => readYamlInventory(text(), path, draft, vault),
  },
];

const CONSTRUCTED_EXTENSIONS = ['', '.config', '.yaml', '.yml', '.json'];
const YAML_EXTENSIONS = ['.yaml', '.yml', '.json'];

/**
 * Reads one source, whatever its format, into a draft.
 *
 * @param source a path, or a list of hosts with a comma in it: `host1,` or `host1,host2`
 * @returns the folder whose `group_vars/` and `host_vars/` belong to it, if it has one
 * @throws FixError `file/missing`, `yaml/syntax`, `inventory/invalid`, `vault/password`, `vault/format`,
 *   `inventory/templates`
 */
export function readSource(source: string, draft: Draft, options: SourceOptions = {}): string | undefined {
  let kept: string | undefined;
  const text = () => {
    kept ??= readText(source, 'the inventory');
    return kept;
  };
  const stat = statOf(source);
  const isProgram = stat?.isFile() === true && (stat.mode & 0o111) !== 0;
  const about = { text, isFolder: stat?.isDirectory() ?? false, isProgram };
  const format = FORMATS.find((candidate) => candidate.recognises(source, about));
  format?.read(source, text, draft, options);
  if (!format?.isFile) return undefined;
  const folder = about.isFolder ? source : dirname(source);
  draft.folders.add(folder);
  return folder;
}

/** A path that cannot be looked at (too long, a link in circles) is left to whoever reads it to complain of. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function readHostList(path: string, _text: () => string, draft: Draft): void {
  for (const entry of path.split(',').map((part) => part.trim())) {
    if (entry === '') continue;
    const { names, port } = readHostNames(entry, path, draft.warnings);
    for (const name of names) draft.addHost(name, 'ungrouped', path, port);
  }
}

/** A section head, or a line `name key=value`, before anything that only YAML has. */
function looksLikeIni(text: string): boolean {
  const line = text.split('\n', 1000).find((candidate) => /^\s*[^\s#;]/.test(candidate)) ?? '';
  return (
    /^\s*\[[^\]]+\]\s*(?:[#;].*)?$/.test(line) ||
    (/^[\w.[\]:-]+(?:\s+\w+=\S.*)?\s*$/.test(line) && !/:\s*$|^---/.test(line))
  );
}
