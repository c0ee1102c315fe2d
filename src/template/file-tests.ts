import { existsSync, lstatSync, type Stats, statSync } from 'node:fs';
import { posix } from 'node:path';
import { textArgument } from './arguments.js';
import { failed } from './failure.js';
import { entry, type Table } from './signature.js';

const ofTarget = (test: (stats: Stats) => boolean) =>
  entry('', (value) => {
    const stats = statSync(pathOf(value), { throwIfNoEntry: false });
    return stats !== undefined && test(stats);
  });

const directory = ofTarget((stats) => stats.isDirectory());
const file = ofTarget((stats) => stats.isFile());
const link = entry('', (value) => lstatSync(pathOf(value), { throwIfNoEntry: false })?.isSymbolicLink() === true);
const mount = entry('', (value) => isMount(pathOf(value)));
const sameFile = entry('other', (value, [other]) => {
  const [one, two] = [pathOf(value), pathOf(other)].map((path) => statSync(path, { throwIfNoEntry: false }));
  if (!one || !two) throw failed('same_file needs two files that are there');
  return one.dev === two.dev && one.ino === two.ino;
});

/** Tests of paths on the controller, as in Ansible; a host is never looked at. */
export const FILE_TESTS: Table = {
  directory,
  is_dir: directory,
  file,
  is_file: file,
  link,
  is_link: link,
  exists: entry('', (value) => existsSync(pathOf(value))),
  link_exists: entry('', (value) => lstatSync(pathOf(value), { throwIfNoEntry: false }) !== undefined),
  mount,
  is_mount: mount,
  same_file: sameFile,
  is_same_file: sameFile,
};

function pathOf(value: unknown): string {
  const path = textArgument(value, 'a path');
  return path === '' || path.includes('\0') ? '/\u{10ffff}' : path;
}

/** A folder on another device than the one above it, or the root. */
function isMount(path: string): boolean {
  const own = lstatSync(path, { throwIfNoEntry: false });
  if (own === undefined || own.isSymbolicLink()) return false;
  const above = statSync(posix.join(path, '..'), { throwIfNoEntry: false });
  return above !== undefined && (own.dev !== above.dev || own.ino === above.ino);
}
