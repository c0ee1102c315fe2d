import { realpathSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { posix } from 'node:path';
import { anyText, textArgument } from '../arguments.js';
import { globbed } from '../glob.js';
import { entry, type Table } from '../signature.js';

/** Filters that look at the controller: its files, its users' homes, its environment. A host is never looked at. */
export const CONTROLLER_FILE_FILTERS: Table = {
  expanduser: entry('', (value) => withHome(anyText(value))),
  expandvars: entry('', (value) =>
    anyText(value).replace(/\$(?:(\w+)|\{([^}]*)\})/g, (whole, plain?: string, braced?: string) => {
      return process.env[plain ?? braced ?? ''] ?? whole;
    }),
  ),
  realpath: entry('', (value) => realPath(posix.resolve(anyText(value)))),
  fileglob: entry('', (value) => globbed(textArgument(value, 'the pattern'))),
};

/** `~` and `~user` of this user; the homes of others stay as they are written. */
export function withHome(path: string): string {
  const [, user] = /^~([^/]*)/.exec(path) ?? [];
  if (user === undefined || (user !== '' && user !== userInfo().username)) return path;
  const home = user === '' ? (process.env.HOME ?? homedir()) : homedir();
  return home.replace(/\/+$/, '') + path.slice(user.length + 1) || '/';
}

/** Links followed as far as there is a file; what is below is kept as it is written. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const above = posix.dirname(path);
    return above === path ? path : posix.join(realPath(above), posix.basename(path));
  }
}
