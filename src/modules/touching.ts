import type { Action } from '../core/module.js';

/** What a script touches, for `run`: these paths, and no unit. Without any it touches nothing that outlives it. */
export function touching(...paths: readonly string[]): Pick<Extract<Action, { kind: 'run' }>, 'touches'> {
  return { touches: { files: paths.map((path) => ({ path })) } };
}
