import process from 'node:process';
import { EXIT, FixError } from '../core/error.js';
import { didYouMean } from '../core/nearest.js';
import { printableLine } from '../core/text.js';
import { scheduleName, unitNames } from '../schedule/schedule-name.js';
import { openSystemd, type Systemd } from '../schedule/systemd.js';
import { refuseForeign, removeUnits, schedulesIn, standingIn } from '../schedule/unit-folder.js';
import { type UnitPlace, unitFolderOf } from './schedule-place.js';

export interface RemoveOptions extends UnitPlace {
  readonly force?: boolean;
}

/** `schedule remove`: stops a timer and takes its units away. Reports stay. @returns the exit status */
export async function removeSchedule(given: string, options: RemoveOptions): Promise<number> {
  const folder = unitFolderOf(options);
  const name = scheduleName('', given);
  const { service, timer } = unitNames(name);
  const standing = [timer, service].map((unit) => standingIn(folder, unit));
  if (standing.every(({ text }) => text === undefined)) throw unknownSchedule(name, folder);
  if (!options.force) refuseForeign(standing);
  const systemd = openSystemd(options.user ? 'user' : 'system');
  const away = options.unitFolder === undefined ? await systemd.whyAway() : 'the units are not in its folder';
  if (away === undefined) await tellQuietly(systemd, ['disable', '--now', timer]);
  const state = schedulesIn(folder).find((one) => one.name === name)?.state;
  // What systemd remembers of the timer would start a check at once, should it be installed again.
  if (away === undefined) await tellQuietly(systemd, ['clean', '--what=state', timer]);
  removeUnits(folder, [timer, service]);
  if (away === undefined) {
    await systemd.tell('daemon-reload');
    await tellQuietly(systemd, ['reset-failed', service]);
  }
  process.stdout.write(`Removed ${timer} and ${service} from ${printableLine(folder)}.\n`);
  if (away !== undefined) process.stdout.write(`systemd was not told: ${away}.\n`);
  if (state !== undefined) process.stdout.write(`Its reports stay in ${printableLine(state)}.\n`);
  return EXIT.sound;
}

/** A timer that is not loaded cannot be stopped, and need not be. */
async function tellQuietly(systemd: Systemd, args: readonly string[]): Promise<void> {
  await systemd.tell(...args).catch((error: unknown) => {
    if (!(error instanceof FixError)) throw error;
  });
}

/** @returns the error for a name that no schedule of a folder has */
export function unknownSchedule(name: string, folder: string): FixError {
  const names = schedulesIn(folder).map((one) => one.name);
  const others =
    names.length === 0 ? 'There is none there; --user looks at your own.' : `There are: ${names.join(', ')}.`;
  return new FixError('cli/usage', `there is no schedule ${name} in ${printableLine(folder)}`, {
    hint: didYouMean(name, names, others),
  });
}
