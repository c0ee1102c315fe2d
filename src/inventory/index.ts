export { nearest } from '../core/nearest.js';
export { type ConnectionSettings, connectionVars } from './connection-vars.js';
export { implicitLocalhost } from './implicit-localhost.js';
export type { Inventory, InventoryGroup, InventoryHost, Variables } from './inventory.js';
export { type InventoryOptions, loadInventory } from './load-inventory.js';
export { limitHosts, matchHosts, unknownHost } from './match-hosts.js';
export type { Jump, StrictHostKeyChecking } from './ssh-arguments.js';
export { hostAsJson, inventoryAsJson, inventoryGraph } from './views.js';
