import { z } from 'zod';
import { FixError } from '../core/error.js';
import { Secret } from '../core/script.js';
import { printableLine } from '../core/text.js';
import type { Variables } from './inventory.js';

/** How a host is reached, and as whom. What is undefined was not said. */
export interface ConnectionSettings {
  readonly kind: 'ssh' | 'local';
  /** Name or address to connect to. */
  readonly host: string;
  readonly port: number | undefined;
  readonly user: string | undefined;
  readonly password: Secret | undefined;
  readonly privateKeyFile: string | undefined;
  readonly become: boolean | undefined;
  readonly becomeUser: string | undefined;
  readonly becomeMethod: string | undefined;
  readonly becomePassword: Secret | undefined;
  /** False where host keys are not to be checked. */
  readonly hostKeyChecking: boolean | undefined;
  readonly connectTimeoutSeconds: number | undefined;
  /** Options for `ssh`, in the order in which they count: what an earlier text says goes before a later one. */
  readonly sshArguments: readonly SshArgumentsVariable[];
  /** Variables that were set and change nothing here, to be named to the operator. */
  readonly notHonoured: readonly string[];
}

/** A variable that holds options for `ssh`. */
export interface SshArgumentsVariable {
  readonly variable: string;
  readonly text: string;
}

/**
 * Reads a host's `ansible_*` variables. Of several names for one thing the later in Ansible's own list wins.
 *
 * @param host the inventory's name for it, which is also its address where no other is given
 * @param vars rendered; anything that is no connection variable is passed over
 * @param home what `~` stands for in paths
 * @throws FixError `inventory/invalid` naming host and variable, for a value that does not fit
 * @see ansible-core 2.14 `plugins/connection/ssh.py`, `plugins/become/sudo.py`
 */
export function connectionVars(host: string, vars: Variables, home: string): ConnectionSettings {
  const read = <T>(kind: z.ZodType<T>, ...names: readonly string[]) => readVariable(host, vars, kind, names);
  const path = (text: string | undefined) => text?.replace(/^~(?=\/|$)/, home);
  return {
    kind: read(CONNECTION, 'ansible_connection') ?? 'ssh',
    host: read(WORD, 'ansible_host', 'ansible_ssh_host') ?? host,
    port: read(PORT, 'ansible_port', 'ansible_ssh_port'),
    user: read(WORD, 'ansible_user', 'ansible_ssh_user'),
    password: read(PASSWORD, 'ansible_password', 'ansible_ssh_pass', 'ansible_ssh_password'),
    privateKeyFile: path(read(PATH, 'ansible_private_key_file', 'ansible_ssh_private_key_file')),
    become: read(FLAG, 'ansible_become'),
    becomeUser: read(WORD, 'ansible_become_user', 'ansible_sudo_user'),
    becomeMethod: read(WORD, 'ansible_become_method'),
    becomePassword: read(PASSWORD, 'ansible_become_password', 'ansible_become_pass', 'ansible_sudo_pass'),
    hostKeyChecking: read(FLAG, 'ansible_host_key_checking', 'ansible_ssh_host_key_checking'),
    connectTimeoutSeconds: read(SECONDS, 'ansible_timeout', 'ansible_ssh_timeout'),
    sshArguments: ARGUMENTS.flatMap((variable) => {
      const text = read(z.string({ error: 'has to be a text' }), variable);
      return text === undefined ? [] : [{ variable, text }];
    }),
    notHonoured: NOT_HONOURED.filter((name) => isSet(vars[name])),
  };
}

const NOT_HONOURED = [
  'ansible_ssh_executable',
  'ansible_ssh_pkcs11_provider',
  'ansible_become_exe',
  'ansible_become_flags',
  'ansible_sudo_exe',
  'ansible_sudo_flags',
  'ansible_shell_type',
  'ansible_shell_executable',
];

const ARGUMENTS = ['ansible_ssh_args', 'ansible_ssh_common_args', 'ansible_ssh_extra_args'];

const WORD = z
  .union([z.string(), z.number().transform(String)], { error: 'has to be one word' })
  .refine((text) => /^[^\s\u0000-\u001f\u007f-\u009f-][^\s\u0000-\u001f\u007f-\u009f]*$/.test(text), {
    error: 'has to be one word',
  });
const PATH = z
  .string({ error: 'has to be a path' })
  .refine((text) => /^[^\u0000-\u001f\u007f]+$/.test(text), { error: 'has to be a path' });
const PASSWORD = z
  .union([z.string(), z.number().transform(String)], { error: 'has to be a text' })
  .refine((text) => !/[\0\n\r]/.test(text), { error: 'cannot hold a line end' })
  .transform((text) => new Secret(text));
const PORT = wholeNumber(1, 65_535);
const SECONDS = wholeNumber(1, 86_400);
const FLAG = z
  .union([z.boolean(), z.string(), z.number()], { error: 'has to be true or false' })
  .transform((value, ctx) => {
    const text = String(value).toLowerCase();
    if (/^(?:true|yes|on|y|t|1)$/.test(text)) return true;
    if (/^(?:false|no|off|n|f|0)$/.test(text)) return false;
    ctx.addIssue('has to be true or false');
    return z.NEVER;
  });
const CONNECTION = z
  .enum(['ssh', 'local', 'smart', 'paramiko', 'paramiko_ssh', 'ansible.builtin.ssh', 'ansible.builtin.local'], {
    error: 'has to be ssh or local; no other connection is known here',
  })
  .transform((kind) => (kind.endsWith('local') ? ('local' as const) : ('ssh' as const)));

function wholeNumber(least: number, most: number) {
  const error = `has to be a whole number from ${least} to ${most}`;
  return z
    .union(
      [
        z.number(),
        z
          .string()
          .regex(/^\s*\d{1,9}\s*$/)
          .transform(Number),
      ],
      { error },
    )
    .pipe(z.number({ error }).int(error).min(least, error).max(most, error));
}

function readVariable<T>(host: string, vars: Variables, kind: z.ZodType<T>, names: readonly string[]): T | undefined {
  const name = names.findLast((candidate) => isSet(ownValue(vars, candidate)));
  if (name === undefined) return undefined;
  const result = kind.safeParse(ownValue(vars, name));
  if (result.success) return result.data;
  throw invalid(host, name, result.error.issues[0]?.message ?? 'does not fit', shownValue(name, ownValue(vars, name)));
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function ownValue(vars: Variables, name: string): unknown {
  return Object.hasOwn(vars, name) ? vars[name] : undefined;
}

function invalid(host: string, name: string, what: string, value?: string): FixError {
  const said = value === undefined ? '' : `, and is ${value}`;
  return new FixError('inventory/invalid', `${name} of ${printableLine(host, 80)} ${printableLine(what)}${said}`, {
    hint: `Correct ${name} in the inventory, its group_vars or its host_vars.`,
    at: host,
  });
}

function shownValue(name: string, value: unknown): string | undefined {
  if (/pass/.test(name)) return undefined;
  if (value === null || typeof value !== 'object') return printableLine(JSON.stringify(value) ?? String(value), 80);
  return Array.isArray(value) ? 'a list' : 'a mapping or a tagged text';
}
