import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isTemporary } from './sandbox.js';

/** What speaks for or against a user that there is only while the service runs. */
export interface OwnUserQuestion {
  /** Whether the key that logs in is named, so that systemd can hand it over. */
  readonly namesKey: boolean;
  /** What is read or run and not handed over. */
  readonly reads: readonly string[];
  readonly reportFolders: readonly string[];
  /** One that was asked for; the unit's own belongs to whoever it runs as. */
  readonly stateFolder: string | undefined;
  /** Files that stay with the user who installs, with what each is: `the key of node1`. */
  readonly personal: readonly { readonly path: string; readonly what: string }[];
}

/**
 * Why a service cannot run as a user of its own (`DynamicUser=`); none where it can.
 *
 * @param isOpen whether everybody may read a file, or enter and read a folder
 */
export function whyNoOwnUser(question: OwnUserQuestion, isOpen: (path: string) => boolean = isOpenToAll): string[] {
  const { namesKey, reads, reportFolders, stateFolder, personal } = question;
  return [
    ...(namesKey ? [] : ['no key is named: give --private-key after the "--"']),
    ...personal.map(({ path, what }) => `${what} is ${path}`),
    ...reads.filter((path) => isTemporary(path)).map((path) => `${path} is below a temporary folder`),
    ...reads.filter((path) => !isTemporary(path) && !isOpen(path)).map((path) => `${path} is not open to other users`),
    ...reportFolders.map((path) => `reports go to ${path}`),
    ...(stateFolder === undefined ? [] : [`reports are kept in ${stateFolder}`]),
  ];
}

/** Whether any user may read what is at a path, going by the modes of it and of all folders above it. */
export function isOpenToAll(path: string): boolean {
  try {
    const stat = statSync(path);
    if ((stat.mode & (stat.isDirectory() ? 0o005 : 0o004)) !== (stat.isDirectory() ? 0o005 : 0o004)) return false;
    for (let folder = dirname(path); ; folder = dirname(folder)) {
      if ((statSync(folder).mode & 0o001) === 0) return false;
      if (folder === dirname(folder)) return true;
    }
  } catch {
    return false;
  }
}

/** @returns whether systemd may hold it as the name of a user */
export function isUserName(name: string): boolean {
  return /^(?:[A-Za-z_][A-Za-z0-9_-]{0,30}|\d{1,9})$/.test(name);
}
