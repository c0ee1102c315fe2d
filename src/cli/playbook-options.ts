import process from 'node:process';
import { Command } from 'commander';
import { withChangeOptions } from './change-options.js';
import { collect, moduleFolders, wholeNumber, zeroOrMore } from './option-values.js';
import { type RunOptions, withRunOptions } from './options.js';

/** What `playbook` and `module` take: the options of `ansible-playbook`, by its names. */
export interface PlaybookOptions extends RunOptions {
  readonly inventory: readonly string[];
  readonly become?: boolean;
  readonly becomeUser?: string;
  readonly becomeMethod?: string;
  readonly connection?: string;
  readonly forceHandlers?: boolean;
  readonly startAtTask?: string;
  readonly step?: boolean;
  readonly listHosts?: boolean;
  readonly listTasks?: boolean;
  readonly listTags?: boolean;
  readonly syntaxCheck?: boolean;
  /** Folders of modules. */
  readonly modulePath?: readonly string[];
  /** Folders of roles besides the playbook's, from the configuration. */
  readonly rolesPath?: readonly string[] | undefined;
}

export interface ModuleOptions extends PlaybookOptions {
  readonly moduleName: string;
  readonly args?: string;
  readonly oneLine?: boolean;
  /** Seconds that it may take in the background. */
  readonly background?: number;
  /** Seconds between two looks at how it stands. */
  readonly poll?: number;
  /** A folder that keeps what each host answers. */
  readonly tree?: string;
  readonly playbookDir?: string;
}

/** What Ansible calls an option besides, and what it is called here. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  '--key-file': '--private-key',
  '--inventory-file': '--inventory',
  '--vault-pass-file': '--vault-password-file',
  '--ask-vault-password': '--ask-vault-pass',
  '--timeout': '--connect-timeout',
  '-T': '--connect-timeout',
};

/** The words of a command line with the names that options have here, for the commands that Ansible's users type. */
export function ansibleNames(args: readonly string[]): string[] {
  if (args[0] !== 'playbook' && args[0] !== 'module') return [...args];
  return args.map((word) => {
    const [name = '', ...value] = word.split('=');
    const known = Object.hasOwn(OTHER_NAMES, name) ? OTHER_NAMES[name] : undefined;
    return known === undefined ? word : [known, ...value].join('=');
  });
}

const EXIT_CODES = `
Exit status, as ansible-playbook's:
  0    done
  1    it could not begin
  2    a task failed on a host; or an option is wrong
  4    a host could not be reached; or a playbook could not be read
  5    an option says what cannot be
  99   interrupted`;

/** `playbook`: stands in for `ansible-playbook`. */
export function playbookCommand(): Command {
  const command = new Command('playbook')
    .description('run playbooks with the options, the output and the exit status of ansible-playbook')
    .argument('<playbooks...>', 'playbooks, one after the other')
    .option('-C, --check', 'change nothing; say what would change')
    .option('--syntax-check', 'read the playbooks and stop')
    .option('--list-hosts', 'which hosts each play is for, and stop')
    .option('--list-tasks', 'the tasks of each play, and stop')
    .option('--list-tags', 'the tags of each play, and stop')
    .option('--start-at-task <name>', 'begin with the task of this name')
    .option('--step', 'ask before each task')
    .option('--force-handlers', 'run handlers also on hosts where a task failed')
    .option('--flush-cache', 'taken for its name: no facts are kept between runs');
  return withSharedOptions(command)
    .addHelpText('after', EXIT_CODES)
    .action(async (playbooks: readonly string[], options: PlaybookOptions) => {
      const { playbookCommand: go } = await import('./playbook-command.js');
      process.exitCode = await go(playbooks, options);
    });
}

/** `module`: one task on some hosts, as `ansible` does it. */
export function moduleCommand(): Command {
  const command = new Command('module')
    .description('run one task on hosts, as `ansible HOSTS -m NAME -a ARGS` does')
    .argument('<hosts>', 'a pattern of hosts')
    .option('-m, --module-name <name>', 'the module', 'command')
    .option('-a, --args <args>', 'its arguments: name=value, free-form text, or JSON')
    .option('-C, --check', 'change nothing; say what would change')
    .option('-o, --one-line', 'one line for each host')
    .option('-B, --background <seconds>', 'let it run for so long, while others go on', wholeNumber)
    .option('-P, --poll <seconds>', 'with -B: how often to ask how it stands (15); 0 does not wait for it', zeroOrMore)
    .option('-t, --tree <folder>', 'keep what each host answers in a file there')
    .option('--playbook-dir <folder>', 'where group_vars, host_vars, roles and library are')
    .option('--list-hosts', 'list the hosts, and do nothing');
  // A single task has no tags, and `-t` is a folder there.
  return withSharedOptions(command, { hasTags: false })
    .addHelpText('after', EXIT_CODES)
    .action(async (hosts: string, options: ModuleOptions) => {
      const { moduleCommand: go } = await import('./module-command.js');
      process.exitCode = await go(hosts, options);
    });
}

function withSharedOptions(command: Command, about = {}): Command {
  command
    .option(
      '-i, --inventory <source>',
      'an inventory: a file, a folder, a program, or host1,host2 (repeatable)',
      collect,
      [],
    )
    .option('-b, --become', 'become another user for each task, where nothing else is said')
    .option('--become-user <name>', 'the user to become')
    .option('--become-method <how>', 'sudo or su')
    .option('-c, --connection <kind>', 'ssh, or local')
    .option('-M, --module-path <folders>', 'folders of modules, with `:` between them (repeatable)', moduleFolders);
  return withChangeOptions(withRunOptions(command, about));
}
