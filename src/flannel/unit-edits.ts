import { baseName } from './flanneld-words.js';
import type { EnvironmentFile, FileEdit, FlanneldUnit, HostFile } from './unit.js';

/** Our own drop-in below `/etc/systemd/system/UNIT.d/`. */
export const OWN_DROP_IN = '90-fix-flannel.conf';

/** The unit as it stands once the edits are made; a file that was not there is a drop-in of our own. */
export function withEdits(unit: FlanneldUnit, edits: readonly FileEdit[]): FlanneldUnit {
  const now = (file: HostFile): HostFile => {
    const edit = edits.find((one) => one.path === file.path);
    return edit ? { ...file, text: edit.after } : file;
  };
  const known = new Set([...unitFilesOf(unit).map((file) => file.path), ...filesOf(unit.environmentFiles)]);
  const added = edits.filter((edit) => !known.has(edit.path)).map(newDropIn);
  const later = unit.dropIns.findIndex((file) => baseName(file.path) > OWN_DROP_IN);
  const at = later < 0 ? unit.dropIns.length : later;
  const dropIns = [...unit.dropIns.slice(0, at), ...added, ...unit.dropIns.slice(at)].map(now);
  const environmentFiles = unit.environmentFiles.map((one) => ({ ...one, file: one.file && now(one.file) }));
  return { ...unit, fragment: unit.fragment && now(unit.fragment), dropIns, environmentFiles };
}

function filesOf(files: readonly EnvironmentFile[]): string[] {
  return files.flatMap(({ path, file }) => (file ? [path, file.path] : [path]));
}

function newDropIn({ path, after }: FileEdit): HostFile {
  return { path, text: after, mode: '0644', owner: 'root', group: 'root', linksTo: undefined, writable: true };
}

/** A unit's fragment and drop-ins, in the order in which systemd reads them. */
export function unitFilesOf({ fragment, dropIns }: FlanneldUnit): HostFile[] {
  return fragment ? [fragment, ...dropIns] : [...dropIns];
}

/** The unit file or environment file at a path. */
export function fileAt(unit: FlanneldUnit, path: string): HostFile | undefined {
  const environment = unit.environmentFiles.flatMap((one) => one.file ?? []);
  return [...unitFilesOf(unit), ...environment].find((file) => file.path === path);
}
