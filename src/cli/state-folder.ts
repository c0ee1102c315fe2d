import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import process from 'node:process';

/**
 * Where journals are kept: `--state-folder`, else `FIX_FLANNEL_STATE`, else `fix-flannel` below `XDG_STATE_HOME`, else
 * `~/.local/state/fix-flannel`. An `XDG_STATE_HOME` that is not absolute counts for nothing.
 *
 * @see XDG Base Directory Specification 0.8
 */
export function stateFolder(
  given: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
  home: string = homedir(),
): string {
  const named = given ?? env.FIX_FLANNEL_STATE;
  if (named !== undefined && named !== '') return resolve(named);
  const xdg = env.XDG_STATE_HOME ?? '';
  return join(isAbsolute(xdg) ? xdg : join(home, '.local', 'state'), 'fix-flannel');
}
