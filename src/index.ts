/** The public surface: what a program needs that carries out its own runs. The command line is `bin/fix-flannel.js`. */
export { type ErrorCode, EXIT, EXIT_STATUS, FixError } from './core/error.js';
export { Secret } from './core/script.js';
export { diagnose } from './diagnose/diagnose.js';
export type { Finding, NotEvaluated } from './diagnose/finding.js';
export { checks } from './diagnose/index.js';
export type { Event } from './engine/events.js';
export { remediate, type Watcher } from './engine/remediate.js';
export type { RunSettings, World } from './engine/run.js';
export { StopRequest } from './engine/stop-request.js';
export type { Verdict } from './engine/verdict.js';
export { openRegistry } from './etcd/open-registry.js';
export { facts } from './facts/index.js';
export { loadInventory } from './inventory/index.js';
export { findModule, modules } from './modules/index.js';
export { loadPlaybook } from './playbook/load-playbook.js';
export { connectLocal } from './transport/connect-local.js';
export { connectSsh } from './transport/connect-ssh.js';
