import { execFileSync } from 'node:child_process';
import { FixError, messageOf } from '../core/error.js';
import { printableLine } from '../core/text.js';
import { matchHosts } from '../inventory/index.js';
import type { Inventory } from '../inventory/inventory.js';
import { type Lookup, refuseOptions, type Scope } from '../template/index.js';
import { passwordLookup } from './password-lookup.js';
import { urlLookup } from './url-lookup.js';

/** What a command of a lookup may take; it holds up everything else. */
const COMMAND_MS = 60_000;
const MOST_BYTES = 16 * 1024 * 1024;

/** Lookups that do something on the controller besides reading a file: commands, passwords, URLs; and the inventory's. */
export function controllerLookups(around: {
  /** Nothing is to be written. */
  readonly check: boolean;
  inventory(): Inventory;
}): Readonly<Record<string, Lookup>> {
  return {
    pipe: (terms, options, scope) => {
      refuseOptions('pipe', options);
      return terms.map((term) => printedBy(String(term), scope).trimEnd());
    },
    lines: (terms, options, scope) => {
      refuseOptions('lines', options);
      return terms.flatMap((term) => linesOf(printedBy(String(term), scope)));
    },
    inventory_hostnames: (terms, options) => {
      refuseOptions('inventory_hostnames', options);
      return matchHosts(around.inventory(), terms.map(String)).map((host) => host.name);
    },
    password: (terms, options, scope) => passwordLookup(terms, options, { check: around.check, scope }),
    url: urlLookup,
    config: (terms, options) => {
      refuseOptions('config', options, ['on_missing']);
      if (options.on_missing === 'skip' || options.on_missing === 'warn') return [];
      const [term] = terms;
      throw new FixError('template/failed', `there is no setting ${printableLine(String(term), 60)} of Ansible here`, {
        hint: "This program has no ansible.cfg; on_missing='skip' passes it over.",
      });
    },
  };
}

function printedBy(command: string, scope: Scope): string {
  const folder = scope.read('playbook_dir');
  try {
    return execFileSync('/bin/sh', ['-c', command], {
      cwd: typeof folder === 'string' ? folder : undefined,
      encoding: 'utf8',
      input: '',
      stdio: ['pipe', 'pipe', 'inherit'],
      timeout: COMMAND_MS,
      killSignal: 'SIGKILL',
      maxBuffer: MOST_BYTES,
    });
  } catch (cause) {
    const { status, code } = cause as { status?: number | null; code?: string };
    const how =
      code === 'ETIMEDOUT'
        ? `has not ended in ${COMMAND_MS / 1000} s`
        : `ended with status ${status ?? messageOf(cause)}`;
    throw new FixError('template/failed', `the command ${printableLine(command, 80)} ${how}`, {
      hint: 'Run it by hand on this machine.',
      cause,
    });
  }
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
