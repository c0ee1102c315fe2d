/** The directory that a path of a host lies in; `.` for a bare name. */
export function directoryOf(path: string): string {
  const bare = path.replace(/\/+$/, '');
  const at = bare.lastIndexOf('/');
  if (at < 0) return bare.startsWith('~') ? '~' : '.';
  return at === 0 ? '/' : bare.slice(0, at);
}

/** The last part of a path; empty where it ends in a slash. */
export function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** `/a/b/c` to `/a`, `/a/b`, `/a/b/c`; a leading `~` is a step of its own. */
export function wayTo(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '');
  const root = path.startsWith('/') ? '/' : '';
  return parts.map((_, index) => root + parts.slice(0, index + 1).join('/'));
}

/** One path below another. */
export function below(directory: string, name: string): string {
  return name.startsWith('/') ? name : `${directory.replace(/\/+$/, '')}/${name}`;
}
