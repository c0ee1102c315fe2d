export { nearest } from '../core/nearest.js';
export { type ConnectionSettings, connectionVars, type SshArgumentsVariable } from './connection-vars.js';
export { implicitLocalhost } from './implicit-localhost.js';
export type { Inventory, InventoryGroup, InventoryHost, Variables } from './inventory.js';
export { type InventoryOptions, loadInventory } from './load-inventory.js';
export { limitHosts, matchHosts, unknownHost } from './match-hosts.js';
export { hostAsJson, inventoryAsJson, inventoryGraph } from './views.js';
