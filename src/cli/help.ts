import { type Command, Help, type Option } from 'commander';

/** What a command is for, on a line each: what is typed, and what it does. */
const EXAMPLES: Readonly<Record<string, readonly (readonly [string, string?])[]>> = {
  'fix-flannel': [
    ['fix-flannel check inventory.yaml', 'look, explain'],
    ['fix-flannel run inventory.yaml', 'mend, one host first'],
    ['fix-flannel plan inventory.yaml -o plan.json', 'keep the plan in a file'],
    ['fix-flannel run inventory.yaml --plan plan.json', 'do that, or refuse'],
    ['fix-flannel runs list', 'what was done, and when'],
    ['fix-flannel rollback inventory.yaml --run RUN', 'undo it'],
  ],
  run: [
    ['fix-flannel run inventory.yaml --confirm --diff', 'show the plan, then ask'],
    ['fix-flannel run inventory.yaml -e flannel_iface=eth1', 'say which interface'],
    ['fix-flannel run inventory.yaml --wait 5m', 'wait for another run'],
    ['fix-flannel run inventory.yaml --plan plan.json', 'that, or nothing'],
    ['fix-flannel run --resume 20261125T0301', 'go on where it ended'],
    ['fix-flannel run inventory.yaml site.yaml --check', 'any other playbook'],
  ],
  check: [
    ['fix-flannel check inventory.yaml -v', 'each check'],
    ['fix-flannel check inventory.yaml --short', 'a line a finding'],
    ['fix-flannel check inventory.yaml --report html=it.html', 'for people'],
    ['fix-flannel check inventory.yaml --skip FF401,FF402', 'not these'],
    ['fix-flannel check --from facts', 'what `gather` kept'],
    ['fix-flannel check inventory.yaml --json | tail -n 1', 'the verdict'],
  ],
  explain: [['fix-flannel explain FF101', 'needs no network']],
  checks: [['fix-flannel checks list', 'all of them']],
  history: [
    ['fix-flannel history inventory.yaml', 'the newest first'],
    ['fix-flannel history diff previous latest', 'what began and ended'],
  ],
  gather: [
    ['fix-flannel gather inventory.yaml --out facts', 'keep it'],
    ['fix-flannel check --from facts', 'look at it, anywhere'],
  ],
  schedule: [
    ['fix-flannel schedule install --on-calendar hourly inventory.yaml'],
    ['fix-flannel schedule status', 'when it ran, what it saw'],
  ],
  plan: [
    ['fix-flannel plan inventory.yaml --diff -o plan.json', 'look at it, keep it'],
    ['fix-flannel run inventory.yaml --plan plan.json', 'do exactly that'],
  ],
  playbook: [
    ['fix-flannel playbook -i inventory.yaml site.yml', 'do it'],
    ['fix-flannel playbook -i inventory.yaml site.yml --check --diff', 'only say'],
    ['fix-flannel playbook -i inventory.yaml site.yml --list-tasks'],
    ['fix-flannel playbook -i node1, site.yml -e version=1.2', 'one host'],
  ],
  module: [
    ['fix-flannel module all -i inventory.yaml -m ping', 'who answers'],
    ['fix-flannel module all -i inventory.yaml -a "uptime"', 'run a program'],
    ['fix-flannel module web -i inventory.yaml -b -m reboot', 'those of a group'],
  ],
  runs: [
    ['fix-flannel runs', 'all of them, the newest first'],
    ['fix-flannel runs show 20261125T0257', 'one, and what of it can be undone'],
  ],
  rollback: [
    ['fix-flannel rollback inventory.yaml --run 20261125T0257 --check', 'only say'],
    ['fix-flannel rollback inventory.yaml --run 20261125T0257', 'do it'],
    ['fix-flannel rollback inventory.yaml --run 20261125T0257 -l node2', 'one host'],
  ],
  inventory: [
    ['fix-flannel inventory inventory.yaml --graph', 'groups and hosts'],
    ['fix-flannel inventory inventory.yaml --host node1', 'the variables it has'],
    ['fix-flannel inventory inventory.yaml --vault-id prod@~/.vault-prod'],
  ],
  modules: [['fix-flannel modules copy', 'its arguments, and an example']],
  completion: [['eval "$(fix-flannel completion bash)"', 'in ~/.bashrc']],
};

/** Gives a command and those below it their examples, and a help that fits 80 columns. */
export function withHelp(root: Command): Command {
  for (const command of [root, ...root.commands.flatMap((one) => [one, ...one.commands])]) {
    command.configureHelp({ subcommandTerm: termOf, optionDescription });
    const examples = EXAMPLES[command.name()];
    if (examples !== undefined) command.addHelpText('after', `\n${examplesText(examples)}`);
  }
  return root;
}

function examplesText(examples: readonly (readonly [string, string?])[]): string {
  const width = Math.max(...examples.filter(([, about]) => about !== undefined).map(([typed]) => typed.length));
  const lines = examples.map(
    ([typed, about]) => `  ${about === undefined ? typed : typed.padEnd(width)}  ${about ?? ''}`,
  );
  return ['Examples:', ...lines.map((line) => line.trimEnd())].join('\n');
}

/** A command with its arguments; that it has options goes without saying. */
function termOf(command: Command): string {
  const args = command.registeredArguments.map((one) => (one.required ? `<${one.name()}>` : `[${one.name()}]`));
  return [command.name(), ...args].join(' ');
}

const usual = new Help();

/** A list that is empty to begin with is no default worth a word. */
function optionDescription(option: Option): string {
  const isEmpty = Array.isArray(option.defaultValue) && option.defaultValue.length === 0;
  return isEmpty ? option.description : usual.optionDescription(option);
}
