import type { InventoryTemplates } from '../inventory/constructed.js';
import { holds, renderDeep, scopeOf } from '../template/index.js';

/** Expressions of an inventory's `constructed` sources, as those of playbooks are read; without lookups, as with Ansible. */
export const INVENTORY_TEMPLATES: InventoryTemplates = {
  value: (expression, vars) => renderDeep(`{{ ${expression} }}`, scopeOf(vars)),
  holds: (condition, vars) => holds(condition, scopeOf(vars)),
  text: (template, vars) => String(renderDeep(template, scopeOf(vars))),
};
