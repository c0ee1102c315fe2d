import process from 'node:process';
import { Command } from 'commander';
import { EXIT } from '../core/error.js';
import { withChangeOptions } from './change-options.js';
import { type CheckOptions, withCheckOptions } from './check-options.js';
import { checksCommands, explainCommand } from './checks-command.js';
import { exitStatusOf } from './complain.js';
import { EXIT_ABOUT } from './error-reference.js';
import { gatherCommand } from './gather-command.js';
import { withHelp } from './help.js';
import { historyCommands } from './history-command.js';
import { maskOutput } from './mask-output.js';
import { collect, INVENTORY, moduleFolders } from './option-values.js';
import { type RunOptions, withRunOptions } from './options.js';
import { ansibleNames, moduleCommand, playbookCommand } from './playbook-options.js';
import { programVersion } from './program-version.js';
import { rollbackCommand } from './rollback-command.js';
import { runsCommands } from './runs-command.js';
import { scheduleCommands } from './schedule-command.js';
import { withVaultOptions } from './vault-options.js';

const EXIT_CODES = `
Exit status:
${Object.entries(EXIT)
  .map(([name, status]) => `  ${String(status).padEnd(5)}${EXIT_ABOUT[name as keyof typeof EXIT]}`)
  .join('\n')}`;

/** The program: arguments in, exit status set. */
export async function main(args: readonly string[]): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    maskOutput(stream);
    // A reader that has gone away (`| head`) must not end a run in the middle of a host.
    stream.on('error', ignoreGoneReader);
  }
  process.once('uncaughtException', (error) => process.exit(exitStatusOf(error)));
  try {
    await program().parseAsync(ansibleNames(args), { from: 'user' });
  } catch (error) {
    process.exitCode = exitStatusOf(error);
  }
}

function ignoreGoneReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
}

/** All commands with their options. */
export function program(): Command {
  const root = new Command('fix-flannel')
    .description(
      'Repairs clusters whose nodes were all given the same flannel subnet, over SSH, with nothing installed on them.',
    )
    .version(programVersion(), '-V, --version')
    .showSuggestionAfterError()
    .exitOverride();
  root.hook('preAction', openVaultFirst);
  root.addCommand(runCommand().exitOverride());
  root.addCommand(checkCommand().exitOverride());
  root.addCommand(explainCommand().exitOverride());
  root.addCommand(checksCommands().exitOverride());
  root.addCommand(historyCommands().exitOverride());
  root.addCommand(gatherCommand().exitOverride());
  root.addCommand(scheduleCommands().exitOverride());
  root.addCommand(planCommand().exitOverride());
  root.addCommand(playbookCommand().exitOverride());
  root.addCommand(moduleCommand().exitOverride());
  root.addCommand(runsCommands().exitOverride());
  root.addCommand(rollbackCommand().exitOverride());
  root.addCommand(inventoryCommand().exitOverride());
  root.addCommand(modulesCommand().exitOverride());
  root.addCommand(completionCommand(root).exitOverride());
  withHelp(root);
  for (const command of [root, ...root.commands.filter(endsWithVerdict)]) command.addHelpText('after', EXIT_CODES);
  return root;
}

function endsWithVerdict(command: Command): boolean {
  return ['run', 'check', 'plan', 'rollback'].includes(command.name());
}

/** Every command that has the vault's options finds the vault among them. */
async function openVaultFirst(_root: Command, command: Command): Promise<void> {
  if (!command.options.some((option) => option.attributeName() === 'vaultId')) return;
  const { openVault } = await import('./open-vault.js');
  command.setOptionValue('vault', await openVault(command.opts()));
}

function runCommand(): Command {
  const command = new Command('run')
    .description('mend the cluster of an inventory, or run another playbook on it')
    .argument('[inventory]', `${INVENTORY}; not with --resume`)
    .argument('[playbook]', 'playbook to run instead of the shipped one')
    .option('-C, --check', 'plan only; change nothing')
    .option('--plan <file>', 'do what `fix-flannel plan --out FILE` showed, and nothing else')
    .option('--resume <run>', 'go on with a run that was cut short: its inventory, its playbook, the hosts it left')
    .option(
      '--report <format=path>',
      'write a report of it: before, after, what was changed (repeatable)',
      collect,
      [],
    );
  return withChangeOptions(withRunOptions(command)).action(
    async (inventory: string | undefined, playbook: string | undefined, options: RunOptions) => {
      const { runCommand: go } = await import('./run-command.js');
      process.exitCode = await go(inventory, playbook, options);
    },
  );
}

function planCommand(): Command {
  return withRunOptions(
    new Command('plan')
      .description('show the plan, and keep it so that `run --plan` does exactly that')
      .argument('<inventory>', INVENTORY)
      .argument('[playbook]', 'playbook to plan instead of the shipped one')
      .option('-o, --out <file>', 'keep the plan in this file'),
  ).action(async (inventory: string, playbook: string | undefined, options: RunOptions) => {
    const { planCommand: go } = await import('./plan-command.js');
    process.exitCode = await go(inventory, playbook, options);
  });
}

function checkCommand(): Command {
  const command = new Command('check')
    .description('look at the cluster with every check, and report; never changes anything')
    .argument('[inventory]', `${INVENTORY}; not with --from`)
    .argument('[playbook]', 'plan this playbook instead, as `run --check` does');
  return withCheckOptions(withRunOptions(command)).action(
    async (inventory: string | undefined, playbook: string | undefined, options: CheckOptions) => {
      const { checkCommand: go } = await import('./check-command.js');
      process.exitCode = await go(inventory, playbook, options);
    },
  );
}

function inventoryCommand(): Command {
  return withVaultOptions(inventoryOptions(new Command('inventory'))).action(async (inventory: string, options) => {
    const { inventoryCommand: go } = await import('./inventory-command.js');
    process.exitCode = await go(inventory, options);
  });
}

function inventoryOptions(command: Command): Command {
  return command
    .description('show an inventory as the program reads it')
    .argument('<inventory>', INVENTORY)
    .option('--list', 'everything, as JSON (what you get without an option)')
    .option('--graph', 'groups and hosts as a tree')
    .option('--host <name>', 'the variables of one host, as JSON')
    .option('-l, --limit <pattern>', 'only these hosts');
}

function modulesCommand(): Command {
  return new Command('modules')
    .description('list the task modules, or explain one')
    .argument('[name]', 'a module')
    .option('-M, --module-path <folders>', 'folders with modules of a project', moduleFolders)
    .action(async (name: string | undefined, { modulePath }: { modulePath?: readonly string[] }) => {
      const { modulesCommand: go } = await import('./modules-command.js');
      process.exitCode = await go(name, modulePath);
    });
}

function completionCommand(root: Command): Command {
  return new Command('completion')
    .description('print a completion script for a shell: eval "$(fix-flannel completion bash)"')
    .argument('<shell>', 'bash, zsh or fish')
    .action(async (shell: string) => {
      const { completionScript } = await import('./completion.js');
      process.stdout.write(completionScript(root, shell));
    });
}
