import type { CommandWord } from './marked-text.js';

/** Scripts that are known to hand their arguments on to flanneld. */
export const WRAPPERS: ReadonlySet<string> = new Set(['flanneld-start', 'flannel-wrapper']);

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Whether a program's path is flanneld's own: `flanneld`, `flannel`, `flanneld-amd64`, `flanneld-v0.11.0`. */
export function isFlanneld(path: string): boolean {
  const name = baseName(path);
  return !WRAPPERS.has(name) && /^flanneld?(?:[-_.](?:v?\d|amd64|arm|arm64|ppc64le|s390x|linux)[\w.-]*)?$/.test(name);
}

/** The words of a command line that is already expanded: a process's argv. */
export function plainWords(argv: readonly string[]): CommandWord[] {
  return argv.map((text) => ({
    text: { text, marks: Array.from(text, () => ({ path: '', start: 0, end: 0 })) },
    path: '',
    start: 0,
    end: 0,
    splits: false,
    opaque: false,
  }));
}
