import type { Command } from 'commander';
import { FixError } from '../core/error.js';

/** A shell's completion script, made from the commands themselves. @throws FixError `cli/usage` for another shell */
export function completionScript(root: Command, shell: string): string {
  const commands = root.commands.map((command) => ({
    name: command.name(),
    about: command.description(),
    flags: command.options.flatMap((option) => (option.long ? [option.long] : [])),
  }));
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
  readonly flags: readonly string[];
}

function bash(program: string, commands: readonly Completed[]): string {
  const cases = commands.map(({ name, flags }) => `    ${name}) words='${flags.join(' ')}' ;;`).join('\n');
  return `_${program.replaceAll('-', '_')}() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words='${commands.map(({ name }) => name).join(' ')}'
  case "\${COMP_WORDS[1]}" in
${cases}
  esac
  if [ "$COMP_CWORD" -gt 1 ] && [ "\${word#-}" = "$word" ]; then
    COMPREPLY=( $(compgen -f -- "$word") )
  else
    COMPREPLY=( $(compgen -W "$words" -- "$word") )
  fi
}
complete -o filenames -F _${program.replaceAll('-', '_')} ${program}
`;
}

function fish(program: string, commands: readonly Completed[]): string {
  const lines = commands.flatMap(({ name, about, flags }) => [
    `complete -c ${program} -n __fish_use_subcommand -a ${name} -d '${about.replaceAll("'", "\\'")}'`,
    ...flags.map((flag) => `complete -c ${program} -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)}`),
  ]);
  return `${lines.join('\n')}\n`;
}
