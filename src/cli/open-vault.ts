import { homedir } from 'node:os';
import process from 'node:process';
import { type PasswordSource, passwordSource, readPassword } from '../vault/password-source.js';
import { DEFAULT_ID, Vault, type VaultPassword } from '../vault/vault.js';
import { askOnTerminal } from './ask-on-terminal.js';
import type { VaultOptions } from './vault-options.js';

/**
 * Reads the passwords that the command line names, else those of ANSIBLE_VAULT_IDENTITY_LIST and
 * ANSIBLE_VAULT_PASSWORD_FILE, and asks for those that a person has to type.
 *
 * @throws FixError `file/missing`, `vault/password`, `cli/usage` where there is nobody to ask, `cli/interrupted`
 */
export async function openVault(options: VaultOptions, env: NodeJS.ProcessEnv = process.env): Promise<Vault> {
  const timeoutMs = (options.vaultPasswordTimeout ?? 30) * 1000;
  const passwords: VaultPassword[] = [];
  for (const source of sourcesOf(options, env)) {
    passwords.push(await readPassword(source, { home: homedir(), timeoutMs, ask: askForVault }));
  }
  return new Vault(passwords);
}

function askForVault(question: string): Promise<string> {
  return askOnTerminal(question, 'Name a file that holds it instead: --vault-password-file FILE.');
}

/** In the order in which they are tried. */
function sourcesOf(options: VaultOptions, env: NodeJS.ProcessEnv): PasswordSource[] {
  const { vaultId = [], vaultPasswordFile = [], askVaultPass } = options;
  const ids = vaultId.length > 0 ? vaultId : (env.ANSIBLE_VAULT_IDENTITY_LIST ?? '').split(',');
  const files = vaultPasswordFile.length > 0 ? vaultPasswordFile : [env.ANSIBLE_VAULT_PASSWORD_FILE ?? ''];
  return [
    ...ids
      .map((text) => text.trim())
      .filter((text) => text !== '')
      .map(passwordSource),
    ...files.filter((from) => from !== '').map((from) => ({ id: DEFAULT_ID, from })),
    ...(askVaultPass ? [{ id: DEFAULT_ID, from: 'prompt' }] : []),
  ];
}
