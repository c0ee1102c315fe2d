import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import process from 'node:process';
import type { Installer } from './schedule-make.js';
import { userName } from './this-process.js';

/** Where units are: the machine's, a user's, or a folder that was named. */
export interface UnitPlace {
  readonly user?: boolean;
  readonly unitFolder?: string;
}

export function unitFolderOf({ user, unitFolder }: UnitPlace, env = process.env, home = homedir()): string {
  if (unitFolder !== undefined) return resolve(unitFolder);
  if (!user) return '/etc/systemd/system';
  const config = env.XDG_CONFIG_HOME ?? '';
  return join(isAbsolute(config) ? config : join(home, '.config'), 'systemd', 'user');
}

/** The user that runs the program, or the one behind `sudo`, whose keys and hosts are meant. */
export function installer(): Installer {
  const { env } = process;
  const behind = process.getuid?.() === 0 && env.SUDO_USER !== undefined ? homeOf(env.SUDO_USER) : undefined;
  const self = { userName: userName(), home: homedir() };
  const who = behind === undefined ? self : { userName: env.SUDO_USER as string, home: behind };
  return { ...who, cwd: process.cwd(), program: programWords(), env };
}

function homeOf(user: string): string | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${user}:`));
  return line?.split(':')[5];
}

/** What started this program: Node and the script, or one executable that holds both. */
export function programWords(): string[] {
  const script = process.argv[1];
  return script === undefined || script === process.execPath ? [process.execPath] : [process.execPath, resolve(script)];
}
