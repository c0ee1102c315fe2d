import { FixError } from '../core/error.js';
import { hideSecrets } from '../core/hide-secrets.js';
import { neverShow } from '../core/mask.js';
import { readText } from '../core/read-text.js';
import { readYaml } from '../core/read-yaml.js';
import { looksSecret } from '../core/secret-names.js';
import type { VaultReader } from '../core/vault.js';
import { splitKeyValues } from '../engine/key-values.js';

/**
 * `-e`: `name=value` words (values are text, as with Ansible), a JSON or YAML mapping, or `@file`; later ones win.
 * What stands under the name of a secret is masked from here on.
 *
 * @param vault opens a file, and values in it, that are encrypted with ansible-vault
 * @throws FixError `cli/usage`, `file/missing`, `yaml/syntax`, `vault/password`, `vault/format`
 */
export function extraVars(given: readonly string[], vault?: VaultReader): Record<string, unknown> {
  return Object.assign({}, ...given.map((text) => oneOf(text, vault)));
}

function oneOf(text: string, vault: VaultReader | undefined): Record<string, unknown> {
  if (text.startsWith('@')) return mapping(readText(text.slice(1), 'the variables'), text.slice(1), vault);
  if (/^\s*[{[]/.test(text)) return mapping(text, '-e', vault);
  hideWritten(text);
  const vars = splitKeyValues(text, { what: '-e', code: 'cli/usage' });
  hideSecrets(vars);
  return vars;
}

/** Before anything can be said of what is wrong with it: a password with a blank in it is no `name=value`. */
function hideWritten(text: string): void {
  for (const [, name = '', value = ''] of text.matchAll(/([\w.-]+)=(.*?)(?=\s+[\w.-]+=|$)/gs)) {
    if (!looksSecret(name)) continue;
    neverShow(value);
    for (const word of value.split(/\s+/)) neverShow(word.replace(/^["']|["']$/g, ''));
  }
}

function mapping(text: string, file: string, vault: VaultReader | undefined): Record<string, unknown> {
  const { value } = readYaml(text, file, vault);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new FixError('cli/usage', `${file} holds no mapping of names to values`, { hint: 'Write name: value lines.' });
}
