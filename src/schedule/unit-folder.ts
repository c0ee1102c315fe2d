import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { FixError, messageOf } from '../core/error.js';
import { isMissing } from '../core/error-code.js';
import { readRegularFile } from '../core/read-text.js';
import { printableLine } from '../core/text.js';
import { markOf } from './mark.js';
import type { ScheduleMark } from './schedule.js';
import { nameOfUnit, unitNames } from './schedule-name.js';
import type { UnitFile } from './systemd-units.js';

/** Bytes; no unit is larger. */
const MOST_BYTES = 1024 * 1024;

/** What stands where a unit is to be written: nothing, one of ours, or somebody else's. */
export interface Standing {
  readonly path: string;
  readonly text: string | undefined;
  readonly isOurs: boolean;
}

/** @throws FixError `file/missing` for what is there and cannot be read */
export function standingIn(folder: string, unit: string): Standing {
  const path = join(folder, unit);
  const text = textAt(path);
  return { path, text, isOurs: text !== undefined && markOf(text) !== undefined };
}

function textAt(path: string): string | undefined {
  try {
    return readRegularFile(path, 'the unit', MOST_BYTES).toString('utf8');
  } catch (error) {
    if (error instanceof FixError && isMissing(error.cause)) return;
    throw error;
  }
}

/**
 * Refuses to go on where a unit is not ours.
 * @throws FixError `schedule/units`
 */
export function refuseForeign(standing: readonly Standing[]): void {
  for (const { path, text, isOurs } of standing) {
    if (text === undefined || isOurs) continue;
    throw new FixError('schedule/units', `${printableLine(path)} was not written by fix-flannel`, {
      hint: 'Give another --name, or --force to replace it.',
    });
  }
}

/**
 * Puts units in place, each whole or not at all, readable by all.
 *
 * @param nonce letters and digits that no other writer uses
 * @throws FixError `schedule/units`
 */
export function writeUnits(folder: string, units: readonly UnitFile[], nonce: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    for (const unit of units) writeUnit(join(folder, unit.name), unit.text, nonce);
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}

function writeUnit(path: string, text: string, nonce: string): void {
  // systemd reads no unit whose name ends like this, should it be left behind.
  const temporary = `${path}.${nonce}.new`;
  try {
    const file = openSync(temporary, 'wx', 0o644);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    chmodSync(temporary, 0o644);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Takes units away; one that is not there is no trouble. @throws FixError `schedule/units` */
export function removeUnits(folder: string, names: readonly string[]): void {
  try {
    for (const name of names) rmSync(join(folder, name), { force: true });
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}

function unwritable(folder: string, cause: unknown): FixError {
  return new FixError('schedule/units', `cannot write the units in ${printableLine(folder)}: ${messageOf(cause)}`, {
    hint: 'Run it as root, or with --user for units of your own.',
    cause,
  });
}

/** The schedules whose units stand in a folder, by name. */
export function schedulesIn(folder: string): ScheduleMark[] {
  const names = new Set(namesIn(folder).flatMap((file) => nameOfUnit(file) ?? []));
  return [...names].sort().flatMap((name) => {
    const mark = markOf(safeText(join(folder, unitNames(name).service)));
    return mark === undefined ? [] : [{ ...mark, name }];
  });
}

function safeText(path: string): string {
  try {
    return textAt(path) ?? '';
  } catch {
    return '';
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
