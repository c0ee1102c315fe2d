import process from 'node:process';
import { Command, Option } from 'commander';
import { durationSeconds } from './change-options.js';
import { withCheckOptions } from './check-options.js';
import { INVENTORY } from './option-values.js';
import { withRunOptions } from './options.js';
import type { CrontabOptions } from './schedule-crontab.js';
import type { InstallOptions } from './schedule-install.js';
import type { RemoveOptions } from './schedule-remove.js';
import type { StatusOptions } from './schedule-status.js';
import { serveCommand } from './serve-command.js';

/** `schedule install`, `remove`, `status`, `crontab` and `serve`. */
export function scheduleCommands(): Command {
  const root = new Command('schedule').description('run checks again and again, by systemd, cron or a daemon');
  for (const command of [installCommand(), removeCommand(), statusCommand(), crontabCommand(), serveCommand()])
    root.addCommand(command.exitOverride());
  return root;
}

/** What the words after `--` are options of. A new one each time: it keeps what it has read. */
function checkOfSchedule(): Command {
  return withCheckOptions(withRunOptions(new Command('check').argument('<inventory>')));
}

function installCommand(): Command {
  const command = new Command('install')
    .description('show a systemd service and timer for a check; write and start them when asked to')
    .argument('<inventory>', INVENTORY)
    .argument('[check-options...]', 'after "--": options of check')
    .requiredOption('--on-calendar <spec>', 'when: hourly, "*:0/15", "Mon..Fri 06:00"; see systemd.time(7)')
    .option('--name <name>', "the schedule's name (default: after the inventory's file)")
    .addOption(
      seconds('--randomized-delay <time>', 'begin up to so much later, so that not all begin at once', 300, '5m'),
    )
    .addOption(seconds('--timeout <time>', 'stop a check that takes longer', 1800, '30m'))
    .option('--run-as <user>', 'who it runs as; "dynamic" is a user that there is only while it runs')
    .option('--findings-succeed', 'findings do not count as a failure of the service')
    .option('--write', 'write both files')
    .option('--enable', 'write both files, and start the timer now and at each boot')
    .option('--force', 'also over files that are not from here')
    .option('--no-color', 'no colours (NO_COLOR does the same)');
  return withPlace(command).action(async (inventory: string, words: string[], options: InstallOptions) => {
    const { installSchedule } = await import('./schedule-install.js');
    process.exitCode = await installSchedule(inventory, words, options, checkOfSchedule());
  });
}

function removeCommand(): Command {
  const command = new Command('remove')
    .description('stop a timer and take its units away; reports stay')
    .argument('<name>', "the schedule's name")
    .option('--force', 'also files that are not from here');
  return withPlace(command).action(async (name: string, options: RemoveOptions) => {
    const { removeSchedule } = await import('./schedule-remove.js');
    process.exitCode = await removeSchedule(name, options);
  });
}

function statusCommand(): Command {
  const command = new Command('status')
    .description('when checks ran and run next, and how they ended')
    .argument('[name]', 'one schedule only')
    .option('--json', 'one JSON document on standard output');
  return withPlace(command).action(async (name: string | undefined, options: StatusOptions) => {
    const { showSchedules } = await import('./schedule-status.js');
    process.exitCode = await showSchedules(name, options);
  });
}

function crontabCommand(): Command {
  return new Command('crontab')
    .description('print a line for cron, where there is no systemd')
    .argument('<inventory>', INVENTORY)
    .argument('[check-options...]', 'after "--": options of check')
    .option('--cron <fields>', 'when, as cron says it: "17 * * * *"')
    .option('--on-calendar <spec>', 'the same in simple forms of systemd: hourly, daily, 06:30, "*:0/15"')
    .option('--name <name>', "the name of its lock (default: after the inventory's file)")
    .action(async (inventory: string, words: string[], options: CrontabOptions) => {
      const { printCrontab } = await import('./schedule-crontab.js');
      process.exitCode = await printCrontab(inventory, words, options, checkOfSchedule());
    });
}

function withPlace(command: Command): Command {
  return command
    .option('--user', "units of your own user instead of the machine's")
    .option('--unit-folder <dir>', 'units in this folder, for packages and trials');
}

function seconds(flags: string, about: string, value: number, shown: string): Option {
  return new Option(flags, `${about}: 90s, 5m, 1h`).argParser(durationSeconds).default(value, shown);
}
