import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { type AnsibleConfig, readAnsibleConfig } from './ansible-config.js';
import { openVault } from './open-vault.js';
import type { PlaybookOptions } from './playbook-options.js';

/** Forks, where neither the command line nor a configuration says how many: Ansible's five would waste this program. */
const USUAL_FORKS = 20;

/**
 * The command line over what `ansible.cfg` and the environment say.
 * @throws FixError `cli/usage`, `file/*`, `vault/*`
 */
export async function withConfig<O extends PlaybookOptions>(given: O): Promise<{ options: O; config: AnsibleConfig }> {
  const config = readAnsibleConfig({ cwd: process.cwd(), home: homedir(), env: process.env });
  const { settings } = config;
  const isSet = (list: readonly unknown[] | undefined) => list !== undefined && list.length > 0;
  const vaults = {
    vaultId: isSet(given.vaultId) ? given.vaultId : settings.vaultIdentityList?.value,
    vaultPasswordFile: isSet(given.vaultPasswordFile)
      ? given.vaultPasswordFile
      : settings.vaultPasswordFile && [settings.vaultPasswordFile.value],
    askVaultPass: given.askVaultPass ?? settings.askVaultPass?.value,
  };
  // The command has opened the vault with its own options and the environment; a file may name more.
  const isNamed = isSet(given.vaultId) || isSet(given.vaultPasswordFile) || given.askVaultPass === true;
  const ofFile = [settings.vaultIdentityList, settings.vaultPasswordFile, settings.askVaultPass];
  const fromConfig = !isNamed && ofFile.some((setting) => setting !== undefined && !setting.at.startsWith('ANSIBLE_'));
  const options: O = {
    ...given,
    inventory: isSet(given.inventory) ? given.inventory : (settings.inventory?.value ?? []),
    forks: given.forks === USUAL_FORKS ? (settings.forks?.value ?? given.forks) : given.forks,
    user: given.user ?? settings.remoteUser?.value,
    privateKey: given.privateKey ?? settings.privateKeyFile?.value,
    connectTimeout: given.connectTimeout ?? settings.timeout?.value,
    connection: given.connection ?? connectionOf(settings.transport?.value),
    become: given.become ?? settings.become?.value,
    becomeUser: given.becomeUser ?? settings.becomeUser?.value,
    becomeMethod: given.becomeMethod ?? settings.becomeMethod?.value,
    askPass: given.askPass ?? settings.askPass?.value,
    askBecomePass: given.askBecomePass ?? settings.becomeAskPass?.value,
    forceHandlers: given.forceHandlers ?? settings.forceHandlers?.value,
    acceptNewHostKeys: given.acceptNewHostKeys ?? (settings.hostKeyChecking?.value === false ? true : undefined),
    tags: isSet(given.tags) ? given.tags : (settings.tags?.value ?? []),
    skipTags: isSet(given.skipTags) ? given.skipTags : (settings.skipTags?.value ?? []),
    rolesPath: settings.rolesPath?.value,
    modulePath: [...(given.modulePath ?? []), ...(settings.library?.value ?? usualModulePath())],
    verbose: given.verbose > 0 ? given.verbose : (settings.verbosity?.value ?? 0),
    ...(fromConfig && { vault: await openVault({ ...given, ...vaults } as never) }),
  };
  return { options, config };
}

/** Where Ansible looks for modules where nothing else is said. */
function usualModulePath(): string[] {
  return [join(homedir(), '.ansible/plugins/modules'), '/usr/share/ansible/plugins/modules'];
}

/** `smart` is what happens anyway. */
function connectionOf(transport: string | undefined): string | undefined {
  return transport === 'smart' ? undefined : transport;
}
