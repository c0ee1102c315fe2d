import { FixError } from './error.js';
import { hideSecrets } from './hide-secrets.js';
import { looksSecret, looksSecretInVault } from './secret-names.js';
import { isVaulted, NO_VAULT, type VaultReader } from './vault.js';
import { parseYaml, type SourceYaml } from './yaml.js';

/**
 * Reads one YAML document that may be encrypted with ansible-vault, as a whole or in single values. Encrypted values
 * are opened when they are used. What stands under the names of secrets is masked from here on; in an encrypted file
 * more names count.
 *
 * @param file only named, in errors and places
 * @throws FixError `yaml/syntax`; `vault/password`, `vault/format` for a text that is encrypted as a whole
 */
export function readYaml(text: string, file: string, vault: VaultReader = NO_VAULT): SourceYaml {
  const isSecret = isVaulted(text);
  const source = parseYaml(isSecret ? openedText(text, file, vault) : text, file, { vault, isSecret });
  hideSecrets(source.value, isSecret ? looksSecretInVault : looksSecret);
  return source;
}

function openedText(text: string, file: string, vault: VaultReader): string {
  const bytes = vault.open(text, `${file}:1:1`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new FixError('vault/format', 'what is encrypted here is not UTF-8 text', {
      hint: 'See what is in it with `ansible-vault view`, and save it as UTF-8.',
      at: `${file}:1:1`,
      cause,
    });
  }
}
