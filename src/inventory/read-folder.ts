import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FixError, messageOf } from '../core/error.js';
import { printableLine } from '../core/text.js';

/** Files that are no sources, by their ends; `.ini` and `.cfg` too, as Ansible has it. */
const IGNORED = /(?:~|\.(?:pyc|pyo|swp|bak|rpm|md|txt|rst|orig|ini|cfg|retry))$/;
const VARIABLES = new Set(['group_vars', 'host_vars', 'vars_plugins']);

/**
 * The sources in a folder of inventories, sorted; later ones win.
 * @throws FixError `inventory/invalid` for a folder that cannot be read, or holds no source
 * @see ansible-core 2.14 `inventory/manager.py`, `parse_source`, and `INVENTORY_IGNORE_EXTS`
 */
export function sourcesIn(folder: string): string[] {
  const names = namesIn(folder)
    .filter((name) => !name.startsWith('.') && !IGNORED.test(name) && !VARIABLES.has(name))
    .sort();
  if (names.length === 0) {
    throw new FixError('inventory/invalid', `the folder ${printableLine(folder)} holds no inventory`, {
      hint: 'Put a YAML or INI file into it; hidden files, backups and files that end in .ini, .cfg or .md are passed over.',
      at: folder,
    });
  }
  return names.map((name) => join(folder, name));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    throw new FixError('inventory/invalid', `the folder ${printableLine(folder)} cannot be read: ${messageOf(cause)}`, {
      hint: 'Make it readable for you.',
      at: folder,
      cause,
    });
  }
}
