import { basename, extname } from 'node:path';
import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';

const PREFIX = 'fix-flannel-check-';

/**
 * What a schedule is called: as it was asked for, else after the inventory's file.
 *
 * @throws FixError `cli/usage` for a name that is more than letters, digits, `_`, `-` and `.`, or over 60 of them; or
 *   where none was given and the file's name makes none
 */
export function scheduleName(inventory: string, given: string | undefined): string {
  const name = given ?? nameOf(inventory);
  if (isName(name)) return name;
  throw new FixError('cli/usage', `${JSON.stringify(printableLine(name, 80))} is no name for a schedule`, {
    hint: 'Give one with --name: up to 60 letters, digits, "_", "-" and ".", a letter or digit first.',
  });
}

/** A list of hosts has no name; what a unit's name cannot hold becomes a hyphen. */
function nameOf(inventory: string): string {
  if (inventory.includes(',')) return '';
  const file = basename(inventory, extname(inventory));
  return file.replace(/[^A-Za-z0-9_.-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
}

export function isName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,59}$/.test(name);
}

export interface UnitNames {
  readonly service: string;
  readonly timer: string;
}

export function unitNames(name: string): UnitNames {
  return { service: `${PREFIX}${name}.service`, timer: `${PREFIX}${name}.timer` };
}

/** The name of the schedule whose service or timer a file is. */
export function nameOfUnit(file: string): string | undefined {
  const match = /^fix-flannel-check-(.+)\.(?:service|timer)$/.exec(file);
  return match && isName(match[1] as string) ? match[1] : undefined;
}
