import { FixError } from '../core/error.js';
import { type Inventory, type InventoryOptions, loadInventory } from '../inventory/index.js';

/**
 * Reads an inventory for a command that has no playbook: what reads expressions is loaded only where a source has some,
 * as it takes its time.
 *
 * @throws FixError as `loadInventory`
 */
export async function readInventory(source: string, options: InventoryOptions): Promise<Inventory> {
  try {
    return loadInventory(source, options);
  } catch (error) {
    if (!(error instanceof FixError) || error.code !== 'inventory/templates') throw error;
    const { INVENTORY_TEMPLATES: templates } = await import('./inventory-templates.js');
    return loadInventory(source, { ...options, templates });
  }
}
