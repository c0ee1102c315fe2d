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

/** One path below another. */
export function below(directory: string, name: string): string {
  return name.startsWith('/') ? name : `${directory.replace(/\/+$/, '')}/${name}`;
}
