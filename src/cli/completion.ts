import type { Command } from 'commander';
import { FixError } from '../core/error.js';

/** A shell's completion script, made from the commands themselves. @throws FixError `cli/usage` for another shell */
export function completionScript(root: Command, shell: string): string {
  const commands = root.commands.map(completedOf);
  switch (shell) {
    case 'bash':
      return bash(root.name(), commands);
    case 'zsh':
      return `autoload -U +X bashcompinit && bashcompinit\n${bash(root.name(), commands)}`;
    case 'fish':
      return fish(root.name(), commands);
    default:
      throw new FixError('cli/usage', `no completion for the shell ${JSON.stringify(shell)}`, {
        hint: 'There is one for bash, zsh and fish.',
      });
  }
}

interface Completed {
  readonly name: string;
  readonly about: string;
  /** Its own, and those of the commands below it. */
  readonly flags: readonly string[];
  /** Commands below it: `list` and `show` of `runs`. */
  readonly below: readonly Completed[];
}

function completedOf(command: Command): Completed {
  const below = command.commands.map(completedOf);
  const own = command.options.flatMap((option) => (option.long ? [option.long] : []));
  const flags = [...new Set([...own, ...below.flatMap((one) => one.flags)])];
  return { name: command.name(), about: command.description(), flags, below };
}

function bash(program: string, commands: readonly Completed[]): string {
  const cases = commands.map(({ name, flags }) => `    ${name}) words='${flags.join(' ')}' ;;`).join('\n');
  const below = commands.filter((command) => command.below.length > 0);
  const belows = below.map((one) => `    ${one.name}:2) names='${one.below.map(({ name }) => name).join(' ')}' ;;`);
  return `_${program.replaceAll('-', '_')}() {
  local word="\${COMP_WORDS[COMP_CWORD]}" names= words='${commands.map(({ name }) => name).join(' ')}'
  case "\${COMP_WORDS[1]}" in
${cases}
  esac
  case "\${COMP_WORDS[1]}:$COMP_CWORD" in
${belows.join('\n')}
  esac
  if [ -n "$names" ] && [ "\${word#-}" = "$word" ]; then
    COMPREPLY=( $(compgen -W "$names" -- "$word") )
  elif [ "$COMP_CWORD" -gt 1 ] && [ "\${word#-}" = "$word" ]; then
    COMPREPLY=( $(compgen -f -- "$word") )
  else
    COMPREPLY=( $(compgen -W "$words" -- "$word") )
  fi
}
complete -o filenames -F _${program.replaceAll('-', '_')} ${program}
`;
}

function fish(program: string, commands: readonly Completed[]): string {
  const described = (about: string) => `-d '${about.replaceAll("'", "\\'")}'`;
  const lines = commands.flatMap(({ name, about, flags, below }) => [
    `complete -c ${program} -n __fish_use_subcommand -a ${name} ${described(about)}`,
    ...below.map(
      (one) => `complete -c ${program} -n '__fish_seen_subcommand_from ${name}' -a ${one.name} ${described(one.about)}`,
    ),
    ...flags.map((flag) => `complete -c ${program} -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)}`),
  ]);
  return `${lines.join('\n')}\n`;
}
