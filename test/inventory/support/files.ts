import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { FixError } from '../../../src/core/error.js';
import { type Inventory, loadInventory } from '../../../src/inventory/index.js';

/** A folder with these files, gone when the test ends. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'inventory-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** The inventory that this YAML is, with other files beside it. */
export function inventoryOf(text: string, files: Readonly<Record<string, string>> = {}): Inventory {
  return loadInventory(join(folderWith({ ...files, 'inventory.yaml': text }), 'inventory.yaml'));
}

/** The FixError that this throws. Anything else thrown, or nothing, fails the test. */
export function refusalOf(action: () => unknown): FixError {
  try {
    action();
  } catch (error) {
    if (error instanceof FixError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
