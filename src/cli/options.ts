import type { Command } from 'commander';
import type { ModuleFinder } from '../library/module-finder.js';
import type { ChangeOptions } from './change-options.js';
import type { PasswordOptions } from './login-secrets.js';
import { collect, positive, seconds, wholeNumber, zeroOrMore } from './option-values.js';
import { CONNECT_TIMEOUT_SECONDS, KEEPALIVE_SECONDS, type ReachOptions } from './reach-options.js';
import { type VaultOptions, withVaultOptions } from './vault-options.js';

/** What `run` and `check` take from the command line. */
export interface RunOptions extends Partial<ChangeOptions>, VaultOptions, ReachOptions, PasswordOptions {
  readonly limit?: string;
  readonly extraVars: readonly string[];
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
  readonly forks: number;
  readonly check?: boolean;
  readonly diff?: boolean;
  readonly json?: boolean;
  /** Seconds. */
  readonly scriptTimeout: number;
  /** Seconds. */
  readonly etcdTimeout: number;
  /** `FORMAT=PATH`, as it was typed. */
  readonly report?: readonly string[];
  readonly verbose: number;
  readonly color: boolean;
  /** Modules of the project besides those of this program (`withOwnModules`). */
  readonly modules?: ModuleFinder;
}

/** Adds the options of a command that works on hosts. */
export function withRunOptions(command: Command, { hasTags = true } = {}): Command {
  command
    .optionsGroup('Which hosts and what they are told:')
    .option('-l, --limit <pattern>', 'only these hosts: names, groups, globs, !not, &and, @file')
    .option(
      '-e, --extra-vars <vars>',
      'variables over all others: name=value, JSON, or @file (repeatable)',
      collect,
      [],
    );
  if (hasTags) {
    command
      .option('-t, --tags <tags>', 'only tasks with these tags', splitTags, [])
      .option('--skip-tags <tags>', 'no tasks with these tags', splitTags, []);
  }
  command
    .optionsGroup('What is shown:')
    .option('-D, --diff', 'show how files change')
    .option('--json', 'one JSON object a line on standard output, the verdict last')
    .option('-v, --verbose', 'show unchanged and skipped tasks, and findings that follow from others', more, 0)
    .option('--no-color', 'no colours (NO_COLOR does the same)')
    .optionsGroup('How hosts are reached:')
    .option('-f, --forks <n>', 'hosts worked on at once', wholeNumber, 20)
    .option('-u, --user <name>', 'log in as this user, where the inventory names none')
    .option('--private-key <file>', 'log in with this key, where the inventory names none')
    .option('--key-passphrase-file <file>', 'a file whose first line opens encrypted keys, where no terminal is')
    .option('-k, --ask-pass', 'ask once for the password of hosts to which the inventory gives none')
    .option('-K, --ask-become-pass', 'ask once for the password of sudo or su, likewise')
    .option('--ssh-config <file>', 'read this instead of ~/.ssh/config and /etc/ssh/ssh_config; "none" reads none')
    .option('--accept-new-host-keys', 'record the keys of hosts never seen before (a changed key is always refused)')
    .option(
      '--connect-timeout <s>',
      `seconds for a host, or an agent, to be reached and logged in to (default: the ssh configuration's, then ${CONNECT_TIMEOUT_SECONDS})`,
      positive,
    )
    .option(
      '--keepalive <s>',
      `seconds between signs of life; a host that misses two is lost, 0 asks for none (default: the ssh configuration's, then ${KEEPALIVE_SECONDS})`,
      zeroOrMore,
    )
    .addOption(seconds('--script-timeout <s>', 'for one step on a host', 60))
    .addOption(seconds('--etcd-timeout <s>', 'for one answer of one etcd member', 5));
  return withVaultOptions(command);
}

function splitTags(value: string, previous: readonly string[]): string[] {
  return [...previous, ...value.split(',').map((tag) => tag.trim())].filter((tag) => tag !== '');
}

function more(_: string, previous: number): number {
  return previous + 1;
}
