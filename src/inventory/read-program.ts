import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { FixError, messageOf } from '../core/error.js';
import { codeOf } from '../core/error-code.js';
import { hideSecrets } from '../core/hide-secrets.js';
import { looksSecret } from '../core/secret-names.js';
import { printableLine } from '../core/text.js';
import { type Draft, setGroupVariables, setVariables } from './draft.js';
import { invalidAt } from './invalid.js';
import type { Variables } from './inventory.js';

/** For each time that an inventory program is asked. */
export const PROGRAM_TIMEOUT_MS = 60_000;
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Runs a program that prints an inventory: with `--list` all groups as JSON, each `{hosts, vars, children}` or a list
 * of hosts, and in `_meta.hostvars` the variables of hosts; without `_meta`, with `--host NAME` those of each host.
 * It runs on this machine, as whoever started this.
 *
 * @throws FixError `inventory/invalid`, with what the program said
 * @see ansible-core 2.14 `plugins/inventory/script.py`
 */
export function readInventoryProgram(path: string, draft: Draft): void {
  const groups = ask(path, ['--list']);
  const { _meta: meta, ...listed } = groups;
  for (const [name, value] of Object.entries(listed)) readGroup(path, name, value, draft);
  const hostvars = meta === undefined ? undefined : (mapping(path, '_meta', meta).hostvars ?? {});
  if (hostvars === undefined) {
    for (const host of draft.hosts.values()) setOwn(host.vars, ask(path, ['--host', host.name]));
    return;
  }
  for (const [name, vars] of Object.entries(mapping(path, '_meta.hostvars', hostvars))) {
    const host = draft.hosts.get(name);
    // As Ansible has it: variables of a host that no group names make no host.
    if (host !== undefined) setOwn(host.vars, mapping(path, `_meta.hostvars.${name}`, vars));
  }
}

function readGroup(path: string, name: string, value: unknown, draft: Draft): void {
  const group = draft.group(nameOf(path, 'group', name), path);
  const body = bodyOf(path, name, value);
  for (const host of list(path, `${name}.hosts`, body.hosts)) draft.addHost(nameOf(path, 'host', host), name, path);
  const vars = mapping(path, `${name}.vars`, body.vars ?? {});
  hideSecrets(vars, looksSecret);
  setGroupVariables(group, vars, (message, hint) => invalidAt(path, message, hint));
  for (const child of list(path, `${name}.children`, body.children)) {
    draft.group(nameOf(path, 'group', child), path);
    draft.addChild(name, child);
  }
}

/** A list is one of hosts; a mapping with none of a group's parts is the variables of a host of the group's name. */
function bodyOf(path: string, name: string, value: unknown): Variables {
  if (Array.isArray(value)) return { hosts: value };
  const body = mapping(path, name, value);
  return GROUP_PARTS.some((part) => part in body) ? body : { hosts: [name], vars: body };
}

const GROUP_PARTS = ['hosts', 'vars', 'children'];

/** Unlike in a file, a name stands for itself: no range, no port. */
function nameOf(path: string, what: 'group' | 'host', name: string): string {
  if (name !== '' && !/[\s\u0000-\u001f\u007f-\u009f,]/.test(name)) return name;
  const shown = printableLine(JSON.stringify(name), 80);
  throw invalidAt(
    path,
    `${shown} cannot be the name of a ${what}`,
    'Print names without blanks, commas and control characters.',
  );
}

function setOwn(target: Record<string, unknown>, vars: Variables): void {
  hideSecrets(vars, looksSecret);
  setVariables(target, vars);
}

function ask(path: string, args: readonly string[]): Variables {
  const ran = spawnSync(resolve(path), args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PROGRAM_TIMEOUT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: MOST_BYTES,
  });
  const command = `${printableLine(path)} ${args.map((word) => printableLine(word, 80)).join(' ')}`;
  const said = printableLine(ran.stderr?.trim() ?? '', 300);
  if (ran.error !== undefined)
    throw invalidAt(
      path,
      `${command} cannot be run: ${whyNot(ran.error)}`,
      'An inventory program is executable and begins with #! and its interpreter; a file that is none must not be executable.',
      ran.error,
    );
  if (ran.status !== 0)
    throw invalidAt(
      path,
      `${command} ended with ${ran.status ?? ran.signal}${said === '' ? '' : `: ${said}`}`,
      'Run it by hand, and mend what it complains of.',
    );
  try {
    return mapping(path, args.join(' '), JSON.parse(ran.stdout.trim() === '' ? '{}' : ran.stdout));
  } catch (cause) {
    if (cause instanceof FixError) throw cause;
    throw invalidAt(
      path,
      `${command} printed something that is no JSON`,
      'Run it by hand, and look at what it prints.',
      cause,
    );
  }
}

function whyNot(error: Error): string {
  if (codeOf(error) === 'ETIMEDOUT') return `it did not end within ${PROGRAM_TIMEOUT_MS / 1000} s`;
  return codeOf(error) === 'ENOBUFS' ? `it printed over ${MOST_BYTES / 1024 / 1024} MiB` : messageOf(error);
}

function mapping(path: string, what: string, value: unknown): Variables {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.assign(Object.create(null), value) as Variables;
  }
  throw invalidAt(
    path,
    `what it prints as ${printableLine(what, 80)} is no mapping`,
    'Print groups as {"NAME": {"hosts": [], "vars": {}, "children": []}}.',
  );
}

function list(path: string, what: string, value: unknown): string[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw invalidAt(
    path,
    `what it prints as ${printableLine(what, 80)} is no list of names`,
    'Print hosts and children as lists of texts.',
  );
}
