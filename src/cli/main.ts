import { readFileSync } from 'node:fs';
import process from 'node:process';
import { Command, CommanderError } from 'commander';
import { EXIT, EXIT_STATUS, FixError, messageOf } from '../core/error.js';
import { printable } from '../core/text.js';
import { withChangeOptions } from './change-options.js';
import { EXIT_ABOUT } from './error-reference.js';
import { type RunOptions, withRunOptions } from './options.js';

const EXIT_CODES = `
Exit status:
${Object.entries(EXIT)
  .map(([name, status]) => `  ${String(status).padEnd(5)}${EXIT_ABOUT[name as keyof typeof EXIT]}`)
  .join('\n')}`;

const EXAMPLES = `
Examples:
  fix-flannel check inventory.yaml                 look, explain, plan; change nothing
  fix-flannel run inventory.yaml                   mend the cluster, one host first
  fix-flannel run inventory.yaml -e flannel_iface=eth1
  fix-flannel run inventory.yaml site.yaml --check --diff`;

/** The program: arguments in, exit status set. */
export async function main(args: readonly string[]): Promise<void> {
  try {
    await program().parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = exitStatusOf(error);
  }
}

function program(): Command {
  const root = new Command('fix-flannel')
    .description(
      'Repairs clusters whose nodes were all given the same flannel subnet, over SSH, with nothing installed on them.',
    )
    .version(versionOf(), '-V, --version')
    .addHelpText('after', `${EXAMPLES}\n${EXIT_CODES}`)
    .showSuggestionAfterError()
    .exitOverride();
  root.addCommand(runCommand().exitOverride());
  root.addCommand(checkCommand().exitOverride());
  root.addCommand(inventoryCommand().exitOverride());
  root.addCommand(modulesCommand().exitOverride());
  root.addCommand(completionCommand(root).exitOverride());
  return root;
}

function runCommand(): Command {
  const command = new Command('run')
    .description('mend the cluster of an inventory, or run another playbook on it')
    .argument('<inventory>', 'YAML inventory, as Ansible reads it')
    .argument('[playbook]', 'playbook to run instead of the shipped one')
    .option('-C, --check', 'plan only; change nothing');
  return withChangeOptions(withRunOptions(command))
    .addHelpText('after', EXIT_CODES)
    .action(async (inventory: string, playbook: string | undefined, options: RunOptions) => {
      const { runCommand: go } = await import('./run-command.js');
      process.exitCode = await go(inventory, playbook, options);
    });
}

function checkCommand(): Command {
  return withRunOptions(
    new Command('check')
      .description('diagnose the cluster and show the plan; never changes anything')
      .argument('<inventory>', 'YAML inventory, as Ansible reads it')
      .argument('[playbook]', 'playbook to check instead of the shipped one'),
  )
    .addHelpText('after', EXIT_CODES)
    .action(async (inventory: string, playbook: string | undefined, options: RunOptions) => {
      const { runCommand: go } = await import('./run-command.js');
      process.exitCode = await go(inventory, playbook, { ...options, check: true });
    });
}

function inventoryCommand(): Command {
  return new Command('inventory')
    .description('show an inventory as the program reads it')
    .argument('<inventory>', 'YAML inventory, as Ansible reads it')
    .option('--list', 'everything, as JSON (what you get without an option)')
    .option('--graph', 'groups and hosts as a tree')
    .option('--host <name>', 'the variables of one host, as JSON')
    .option('-l, --limit <pattern>', 'only these hosts')
    .action(async (inventory: string, options) => {
      const { inventoryCommand: go } = await import('./inventory-command.js');
      process.exitCode = go(inventory, options);
    });
}

function modulesCommand(): Command {
  return new Command('modules')
    .description('list the task modules, or explain one')
    .argument('[name]', 'a module')
    .action(async (name: string | undefined) => {
      const { modulesCommand: go } = await import('./modules-command.js');
      process.exitCode = go(name);
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

/** Says what went wrong, with the next step, and gives the exit status for it. */
function exitStatusOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.sound : EXIT.usage;
  if (error instanceof FixError) {
    const at = error.at === undefined ? '' : `${printable(error.at)}: `;
    process.stderr.write(`fix-flannel: ${at}${printable(error.message)}\n  → ${printable(error.hint)}\n`);
    return EXIT_STATUS[error.code];
  }
  process.stderr.write(`fix-flannel: ${printable(messageOf(error))}\n`);
  if (process.env.FIX_FLANNEL_TRACE && error instanceof Error)
    process.stderr.write(`${printable(error.stack ?? '')}\n`);
  process.stderr.write('  → This is a fault of the program. FIX_FLANNEL_TRACE=1 shows where it happened.\n');
  return EXIT.cannotWork;
}

function versionOf(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
