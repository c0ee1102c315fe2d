import type { Command } from 'commander';
import type { Vault } from '../vault/vault.js';
import { collect, seconds } from './option-values.js';

/** What the command line says of vault passwords. */
export interface VaultOptions {
  readonly vaultId?: readonly string[];
  readonly vaultPasswordFile?: readonly string[];
  readonly askVaultPass?: boolean;
  /** Seconds. */
  readonly vaultPasswordTimeout?: number;
  /** Opened with what these say, before the command begins. */
  readonly vault?: Vault;
}

/** Adds the options for files and values that are encrypted with ansible-vault. */
export function withVaultOptions(command: Command): Command {
  return command
    .optionsGroup('What opens files and values encrypted with ansible-vault:')
    .option(
      '--vault-password-file <file>',
      'a file that holds the password, or a program that prints it (repeatable)',
      collect,
      [],
    )
    .option('--vault-id <[label@]file>', 'the same with a label; LABEL@prompt asks (repeatable)', collect, [])
    .option('-J, --ask-vault-pass', 'ask for the password')
    .addOption(seconds('--vault-password-timeout <s>', 'for a program to print the password', 30));
}
