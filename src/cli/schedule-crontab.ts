import { resolve } from 'node:path';
import process from 'node:process';
import type { Command } from 'commander';
import { EXIT, FixError } from '../core/error.js';
import { cronOfCalendar, crontabLine } from '../schedule/crontab.js';
import { scheduleName } from '../schedule/schedule-name.js';
import { openVault } from './open-vault.js';
import { readInventory } from './read-inventory.js';
import { programWords } from './schedule-place.js';
import { readCheckWords } from './schedule-words.js';
import { stateFolder } from './state-folder.js';

export interface CrontabOptions {
  readonly onCalendar?: string;
  readonly cron?: string;
  readonly name?: string;
}

/** `schedule crontab`: prints a line for cron, for machines without systemd. @returns the exit status */
export async function printCrontab(
  inventory: string,
  words: readonly string[],
  options: CrontabOptions,
  check: Command,
): Promise<number> {
  const path = inventory.includes(',') ? inventory : resolve(inventory);
  const read = readCheckWords(check, words, { cwd: process.cwd() });
  await readInventory(path, { vault: await openVault(read.options, {}) });
  const state = stateFolder(read.options.stateFolder);
  // Given as an option so that cron's own environment does not matter.
  const kept = read.options.stateFolder === undefined ? [`--state-folder=${state}`] : [];
  const given = read.words.map(({ before, path: file = '' }) => `${before}${file}`);
  const line = crontabLine({
    when: whenOf(options),
    words: [...programWords(), 'check', ...kept, ...given, '--', path],
    stateFolder: state,
    lock: `schedule-${scheduleName(path, options.name)}.lock`,
  });
  process.stdout.write(`${line}\n`);
  process.stderr.write('Put it in with `crontab -e`. cron mails what a check prints.\n');
  return EXIT.sound;
}

function whenOf({ cron, onCalendar }: CrontabOptions): string {
  if (cron !== undefined && onCalendar === undefined) return cron;
  if (onCalendar !== undefined && cron === undefined) return cronOfCalendar(onCalendar);
  throw new FixError('cli/usage', 'one of --cron and --on-calendar has to say when', {
    hint: 'For example --cron "17 * * * *".',
  });
}
