import type { FileStat } from '../facts/file-stat.js';

/**
 * Where a copy of a file is kept: beside it, named as Ansible's backups are but for what a plan can know: the inode in
 * place of a process number, and the time the content dates from in place of now (UTC).
 */
export function backupPath(path: string, { inode, modified }: Pick<FileStat, 'inode' | 'modified'>): string {
  const time = new Date((modified ?? 0) * 1000).toISOString();
  return `${path}.${inode ?? 0}.${time.slice(0, 10)}@${time.slice(11, 19)}~`;
}
