import { randomBytes } from 'node:crypto';
import process from 'node:process';
import type { Command } from 'commander';
import { EXIT, FixError } from '../core/error.js';
import { masked } from '../core/mask.js';
import { printableLine } from '../core/text.js';
import { ensureFolder } from '../journal/state-folder.js';
import { coloured, type Paint, plain } from '../report/paint.js';
import { unifiedDiff } from '../report/unified-diff.js';
import { openSystemd, type Systemd } from '../schedule/systemd.js';
import { scheduleUnits, type UnitFile } from '../schedule/systemd-units.js';
import { refuseForeign, type Standing, standingIn, writeUnits } from '../schedule/unit-folder.js';
import { type MadeSchedule, makeSchedule, type ScheduleOptions } from './schedule-make.js';
import { installer, type UnitPlace, unitFolderOf } from './schedule-place.js';

export interface InstallOptions extends ScheduleOptions, UnitPlace {
  readonly write?: boolean;
  readonly enable?: boolean;
  readonly force?: boolean;
  readonly color: boolean;
}

/**
 * `schedule install`: shows the units of a check, writes them with `--write`, starts their timer with `--enable`.
 *
 * @param check the command that `words` are options of
 * @returns the exit status
 */
export async function installSchedule(
  inventory: string,
  words: readonly string[],
  options: InstallOptions,
  check: Command,
): Promise<number> {
  const systemd = openSystemd(options.user ? 'user' : 'system');
  if (options.enable) await refuseWithoutSystemd(options, systemd);
  const made = await makeSchedule(inventory, words, options, check, installer());
  const next = await systemd.nextOf(options.onCalendar);
  const { service, timer } = scheduleUnits(made.schedule);
  const folder = unitFolderOf(options);
  const standing = [service, timer].map((unit) => standingIn(folder, unit.name));
  say(shown([service, timer], standing, paintOf(options)));
  say([...notes(made, next), '']);
  if (!options.force) refuseForeign(standing);
  if (!options.write && !options.enable) {
    say(['Nothing was written. --write writes both files; --enable also starts the timer.']);
    return EXIT.sound;
  }
  writeUnits(folder, [service, timer], randomBytes(6).toString('hex'));
  if (options.user && made.schedule.stateFolder !== undefined) ensureFolder(made.schedule.stateFolder);
  say(await started(timer, folder, options, systemd));
  return EXIT.sound;
}

async function refuseWithoutSystemd({ unitFolder }: InstallOptions, systemd: Systemd): Promise<void> {
  if (unitFolder !== undefined) {
    throw new FixError('cli/usage', '--enable and --unit-folder do not go together', {
      hint: 'Use --write: systemd reads units from its own folders only.',
    });
  }
  const why = await systemd.whyAway();
  if (why === undefined) return;
  throw new FixError('schedule/units', `systemd does not answer: ${why}`, {
    hint: '`fix-flannel schedule crontab` prints a line for cron; --write writes the units all the same.',
  });
}

function shown(units: readonly UnitFile[], standing: readonly Standing[], paint: Paint): string[] {
  return units.flatMap((unit, at) => {
    const { path, text: before } = standing[at] as Standing;
    const what = before === undefined ? 'new' : before === unit.text ? 'unchanged' : 'changed';
    const diff = what === 'unchanged' ? [] : unifiedDiff({ path, before: before ?? '', after: unit.text }, paint);
    return [paint('strong', `${printableLine(path)} (${what})`), ...diff, ''];
  });
}

function notes({ notes: others, schedule }: MadeSchedule, next: string): string[] {
  const time = next === 'unknown' ? 'There is no systemd here to say when that is.' : `First time: ${next}`;
  const delay = schedule.randomizedDelaySeconds;
  const until = delay > 0 && next !== 'unknown' ? `, and up to ${delay} seconds later.` : next === 'unknown' ? '' : '.';
  return [`${time}${until}`, ...others];
}

async function started(timer: UnitFile, folder: string, { user, enable }: InstallOptions, systemd: Systemd) {
  const scope = user ? '--user ' : '';
  if (!enable) {
    return [
      `Written to ${printableLine(folder)}. To start the timer:`,
      `  systemctl ${scope}daemon-reload && systemctl ${scope}enable --now ${timer.name}`,
    ];
  }
  await systemd.tell('daemon-reload');
  await systemd.tell('enable', timer.name);
  // A timer that runs already takes its new times only so.
  await systemd.tell('restart', timer.name);
  return [`Written to ${printableLine(folder)}, and ${timer.name} is enabled and started.`];
}

function paintOf({ color }: InstallOptions): Paint {
  return color && !process.env.NO_COLOR && process.stdout.isTTY ? coloured : plain;
}

function say(lines: readonly string[]): void {
  process.stdout.write(masked(`${lines.join('\n')}\n`));
}
