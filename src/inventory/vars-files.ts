import { readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { FixError } from '../core/error.js';
import { codeOf } from '../core/error-code.js';
import { readText } from '../core/read-text.js';
import { readYaml } from '../core/read-yaml.js';
import { printableLine } from '../core/text.js';
import type { VaultReader } from '../core/vault.js';
import { TaggedText } from '../core/yaml.js';
import { setVariables } from './draft.js';
import type { Variables } from './inventory.js';

/** In the order in which they are tried; the first that exists is read, and the others are not. */
const EXTENSIONS = ['', '.yml', '.yaml', '.json'];
const MAX_FOLDER_DEPTH = 16;

/**
 * The variables that a `group_vars` or `host_vars` folder holds, by group or host: of `NAME`, `NAME.yml`, `NAME.yaml`
 * and `NAME.json` the first that exists; a folder's files are all read, by name, the later ones winning.
 *
 * @see ansible-core 2.14 `parsing/dataloader.py`, `find_vars_files`
 */
export class VarsFolder {
  readonly #folder: string;
  readonly #names: ReadonlySet<string>;
  readonly #warnings: string[];
  readonly #vault: VaultReader | undefined;

  /** A folder that does not exist holds nothing. */
  constructor(folder: string, warnings: string[], vault?: VaultReader) {
    this.#vault = vault;
    this.#folder = folder;
    this.#warnings = warnings;
    this.#names = new Set(namesIn(folder, warnings));
  }

  /**
   * @throws FixError `file/missing`, `yaml/syntax`, `inventory/invalid`, `vault/password`, `vault/format` for a file
   *   that cannot be used
   */
  variablesOf(name: string): Variables {
    const vars: Record<string, unknown> = Object.create(null);
    for (const file of this.#filesOf(name)) setVariables(vars, this.#read(file));
    return vars;
  }

  #filesOf(name: string): string[] {
    // A name is never a path out of the folder.
    if (this.#names.size === 0 || /[/\\\0]/.test(name) || name.startsWith('.')) return [];
    const [first, ...others] = EXTENSIONS.map((ext) => name + ext).filter((entry) => this.#names.has(entry));
    if (first === undefined) return [];
    for (const other of others) {
      const [unread, read] = [other, first].map((entry) => printableLine(join(this.#folder, entry)));
      this.#warnings.push(`${unread} is not read, because ${read} exists`);
    }
    const path = join(this.#folder, first);
    return isFolder(path) ? filesBelow(path) : [path];
  }

  #read(file: string): Variables {
    const text = readText(file, 'the variables file');
    const { value, warnings } = readYaml(text, file, this.#vault);
    this.#warnings.push(...warnings);
    if (value === null) return {};
    if (typeof value === 'object' && !Array.isArray(value) && !(value instanceof TaggedText)) return value as Variables;
    throw new FixError('inventory/invalid', `a variables file has to be a mapping of names to values`, {
      hint: 'Write `name: value` lines.',
      at: `${file}:1:1`,
    });
  }
}

function namesIn(folder: string, warnings: string[]): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    const code = codeOf(cause);
    if (code === 'ENOENT') return [];
    if (code !== 'ENOTDIR') throw unreadable(folder, cause);
    warnings.push(`${printableLine(folder)} is not a folder, so nothing is read from it`);
    return [];
  }
}

function filesBelow(folder: string, depth = 0): string[] {
  if (depth > MAX_FOLDER_DEPTH) throw unreadable(folder, new Error('it is too deep, or a link leads back into it'));
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.') && !name.endsWith('~'))
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      if (isFolder(path)) return extname(name) === '' ? filesBelow(path, depth + 1) : [];
      return EXTENSIONS.includes(extname(name)) ? [path] : [];
    });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function unreadable(folder: string, cause: unknown): FixError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new FixError('file/missing', `cannot read the folder ${printableLine(folder)}: ${why}`, {
    hint: 'Make it a readable folder, or remove it.',
    at: folder,
    cause,
  });
}
