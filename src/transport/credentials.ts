import type { AnyAuthMethod, ParsedKey } from 'ssh2';
import ssh2 from 'ssh2';
import { FixError, messageOf } from '../core/error.js';
import { count, printableLine } from '../core/text.js';
import { type LockedKey, lockedKeyError, readPrivateKey } from './private-key.js';
import type { SshOptions, SshTarget } from './ssh-target.js';
import { within } from './within.js';

/** What a log-in tries, in order, and how that is told to people. */
export interface Credentials {
  readonly methods: readonly AnyAuthMethod[];
  /** `the key /root/.ssh/id_rsa`, `the agent (2 keys)`, `a password`; also what was passed over, and why. */
  readonly tried: readonly string[];
}

const AGENT_MS = 5000;

/**
 * Gathers what a target's user may log in with: its keys (else the default ones), the agent's, the password.
 * @throws FixError `ssh/key-file` for a key that is named and cannot be used; `ssh/auth` if nothing is left
 */
export async function credentialsOf(target: SshTarget, options: SshOptions): Promise<Credentials> {
  const methods: AnyAuthMethod[] = [];
  const tried: string[] = [];
  const locked: LockedKey[] = [];
  for (const [file, key] of await readKeys(target, options)) {
    if ('locked' in key) locked.push(key);
    else methods.push({ type: 'publickey', username: target.user, key });
    tried.push('locked' in key ? `not the key ${file} (encrypted)` : `the key ${file}`);
  }
  const agent = await agentMethod(target, options);
  if (agent !== undefined) {
    if (agent.method !== undefined) methods.push(agent.method);
    tried.push(agent.told);
  }
  const [firstLocked] = locked;
  const named = target.privateKeyFiles.length > 0;
  if (named && firstLocked !== undefined && agent?.method === undefined) throw lockedKeyError(firstLocked, target.name);
  if (target.password !== undefined) {
    methods.push(...passwordMethods(target.user, target.password.reveal()));
    tried.push('a password');
  }
  if (methods.length === 0) throw nothingToTry(target, tried);
  return { methods, tried };
}

async function readKeys(target: SshTarget, options: SshOptions): Promise<[string, ParsedKey | LockedKey][]> {
  const named = target.privateKeyFiles.length > 0;
  const files = named ? target.privateKeyFiles : (options.defaultKeyFiles ?? []);
  const keys: [string, ParsedKey | LockedKey][] = [];
  for (const file of files) {
    try {
      keys.push([file, await readPrivateKey(file, { passphrase: target.passphrase, at: target.name })]);
    } catch (error) {
      // A default key that is no use is nobody's wish; another may do.
      if (named) throw error;
    }
  }
  return keys;
}

/** The agent is asked beforehand: one that does not answer would fail a log-in that other keys would pass. */
async function agentMethod(
  target: SshTarget,
  options: SshOptions,
): Promise<{ method?: AnyAuthMethod; told: string } | undefined> {
  const socket = target.agentSocket ?? options.agentSocket;
  if (socket === undefined || socket === '') return undefined;
  const agent = ssh2.createAgent(socket);
  const asked = new Promise<number>((resolve, reject) => {
    agent.getIdentities((error, keys) => (error ? reject(error) : resolve(keys?.length ?? 0)));
  });
  try {
    const outcome = await within(asked, AGENT_MS);
    if (outcome.kind !== 'done') return { told: 'not the agent (it gives no answer)' };
    if (outcome.value === 0) return { told: 'not the agent (it holds no key)' };
    const method: AnyAuthMethod = { type: 'agent', username: target.user, agent };
    return { method, told: `the agent (${count(outcome.value, 'key')})` };
  } catch (error) {
    return { told: `not the agent (${printableLine(messageOf(error), 80)})` };
  }
}

/** Many servers take passwords by keyboard-interactive only. It answers questions that hide their answer, once. */
function passwordMethods(username: string, password: string): AnyAuthMethod[] {
  let answered = false;
  return [
    { type: 'password', username, password },
    {
      type: 'keyboard-interactive',
      username,
      prompt: (_name, _instructions, _language, prompts, finish) => {
        finish(prompts.map((prompt) => (prompt.echo || answered ? '' : password)));
        answered ||= prompts.length > 0;
      },
    },
  ];
}

function nothingToTry({ name, user }: SshTarget, tried: readonly string[]): FixError {
  const passedOver = tried.length > 0 ? ` (${tried.join(', ')})` : '';
  return new FixError('ssh/auth', `there is nothing to log in to ${name} with as ${printableLine(user)}${passedOver}`, {
    hint: 'Set ansible_ssh_private_key_file, load a key into the agent, or give a password.',
    at: name,
  });
}
