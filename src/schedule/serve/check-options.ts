import { catalogueIds, knownId } from '../../compliance/compliance-file.js';
import { FixError } from '../../core/error.js';
import { readRegularFile } from '../../core/read-text.js';
import type { CheckPart } from './config-schema.js';

/** Keys whose value is a file that has to be there. */
const FILES = [
  'profile',
  'waivers',
  'kubeconfig',
  'private_key',
  'key_passphrase_file',
  'ssh_config',
  'vault_password_file',
] as const;

/** What `run` takes, too: how hosts are reached, and which. */
const OF_RUN: ReadonlySet<string> = new Set([
  'limit',
  'forks',
  'user',
  'private_key',
  'key_passphrase_file',
  'ssh_config',
  'vault_password_file',
]);

/**
 * The `check` part of a cluster as options of the command line, `--name=value` each, so that no value is ever taken
 * for an option.
 *
 * @param pathOf makes a path absolute
 * @throws FixError `file/missing`, `file/too-large`, `cli/usage` for a check that there is not
 */
export function checkOptions(
  part: CheckPart,
  pathOf: (path: string) => string,
): { readonly ofCheck: readonly string[]; readonly ofRun: readonly string[] } {
  const options = Object.entries(part).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, option: `--${key.replaceAll('_', '-')}=${optionValue(key, value, pathOf)}` }],
  );
  return {
    ofCheck: options.map(({ option }) => option),
    ofRun: options.filter(({ key }) => OF_RUN.has(key)).map(({ option }) => option),
  };
}

function optionValue(
  key: string,
  value: string | number | readonly string[],
  pathOf: (path: string) => string,
): string {
  if (typeof value === 'object') return value.map(idOf).join(',');
  if (!isFileKey(key) || (key === 'ssh_config' && value === 'none')) return String(value);
  const path = pathOf(String(value));
  readRegularFile(path, `the file of ${key}`);
  return path;
}

function isFileKey(key: string): boolean {
  return (FILES as readonly string[]).includes(key);
}

function idOf(word: string): string {
  return knownId(word, catalogueIds(), (message, hint) => new FixError('cli/usage', message, { hint }));
}
