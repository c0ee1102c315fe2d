import type { AnyAuthMethod, ParsedKey } from 'ssh2';
import { FixError } from '../core/error.js';
import { count, printableLine } from '../core/text.js';
import { type KeyFile, KeyRing } from './key-ring.js';
import { lockedKeyError } from './private-key.js';
import { type AgentKeys, agentKeys } from './ssh-agent.js';
import type { LoginMethod } from './ssh-settings.js';
import type { SshOptions, SshTarget } from './ssh-target.js';

/** What a log-in tries, in order, and how that is told to people. */
export interface Credentials {
  readonly methods: readonly AnyAuthMethod[];
  /** `the key /root/.ssh/id_rsa`, `the agent (2 keys)`, `a password`; also what was passed over, and why. */
  readonly tried: readonly string[];
  /** Whether the password has left for the host; it does so once, by whatever method comes first. */
  readonly password: { sent: boolean };
}

const REFUSED_BEFORE = 'not the password (refused before, and not sent again)';

const ALL_METHODS: readonly LoginMethod[] = ['publickey', 'password', 'keyboard-interactive'];

/**
 * Gathers what a target's user may log in with. Keys go in this order: those of the named files that the agent holds,
 * the other named files, the rest of the agent's, other files. A passphrase is asked for only where a key is locked
 * and no agent holds it.
 *
 * @param withPassword false where the host has refused it before
 * @throws FixError `ssh/key-file` for a key that is named and cannot be used; `ssh/auth` if nothing is left
 * @see OpenSSH 9.2 `sshconnect2.c`, `pubkey_prepare`
 */
export async function credentialsOf(target: SshTarget, options: SshOptions, withPassword = true): Promise<Credentials> {
  const wished = target.methods ?? ALL_METHODS;
  const tried: string[] = [];
  const password = { sent: false };
  const methods: AnyAuthMethod[] = [];
  for (const wish of wished) {
    if (wish === 'publickey') methods.push(...(await keyMethods(target, options, tried)));
    else if (target.password !== undefined && withPassword) {
      methods.push(passwordMethod(wish, target.user, target.password.reveal(), password));
      if (!tried.includes('a password')) tried.push('a password');
    }
  }
  if (target.password !== undefined && !withPassword) tried.push(REFUSED_BEFORE);
  if (methods.length === 0) throw nothingToTry(target, tried);
  return { methods, tried, password };
}

async function keyMethods(target: SshTarget, options: SshOptions, tried: string[]): Promise<AnyAuthMethod[]> {
  const keys = options.keys ?? new KeyRing();
  const read = (files: readonly string[]) =>
    Promise.all(files.map((file) => keys.read(file, target.name, target.passphrase)));
  const named = await read(target.privateKeyFiles);
  const byDefault = target.privateKeyFiles.length === 0 && target.identityFiles === undefined;
  const others = (await read((byDefault ? options.defaultKeyFiles : target.identityFiles) ?? [])).filter(
    ({ file }) => !target.privateKeyFiles.includes(file),
  );
  const agent = await agentOf(target, options);
  const isIn = (files: readonly KeyFile[], key: ParsedKey) =>
    files.some(({ publicBlob }) => publicBlob?.equals(key.getPublicSSH()));
  const held = (file: KeyFile) => agent.keys.some((key) => isIn([file], key));

  const first = agent.keys.filter((key) => isIn([...named, ...others], key));
  const rest = agent.keys.filter((key) => !first.includes(key));
  const methods: AnyAuthMethod[] = [];
  const offer = (part: readonly ParsedKey[], about: string) => {
    if (part.length === 0) return;
    methods.push({ type: 'agent', username: target.user, agent: agent.only(part) });
    tried.push(`the agent (${count(part.length, about)})`);
  };
  const use = async (files: readonly KeyFile[], kind: 'named' | 'other' | 'default') => {
    for (const file of files.filter((one) => !held(one))) {
      const key = file.key ?? (await opened(file, kind));
      if (key !== undefined) methods.push({ type: 'publickey', username: target.user, key });
      if (key !== undefined) tried.push(`the key ${file.file}`);
      else if (kind !== 'default' || file.locked) tried.push(`not the key ${file.file} (${whyNot(file)})`);
    }
  };
  /** A locked key is opened; one that is named has to be usable. */
  const opened = async (file: KeyFile, kind: 'named' | 'other' | 'default'): Promise<ParsedKey | undefined> => {
    if (kind === 'named' && file.problem !== undefined) throw file.problem;
    if (file.locked === undefined) return undefined;
    // The agent may hold it unseen, or others will do where nobody asked for this one.
    const unseen = file.publicBlob === undefined && agent.keys.length > 0;
    const wanted = kind !== 'default' || methods.length + rest.length === 0;
    const key = unseen || !wanted ? undefined : await keys.unlock(file.file, target.name);
    if (key === undefined && kind === 'named' && agent.keys.length === 0) throw lockedKeyError(file, target.name);
    return key;
  };

  offer(first, 'key');
  await use(named, 'named');
  if (target.identitiesOnly !== true) offer(rest, first.length > 0 ? 'other key' : 'key');
  await use(others, byDefault ? 'default' : 'other');
  if (agent.why !== undefined) tried.push(`not the agent (${agent.why})`);
  return methods;
}

async function agentOf(target: SshTarget, options: SshOptions): Promise<AgentKeys> {
  const socket = target.agentSocket ?? options.agentSocket;
  if (socket === undefined || socket === '') return { keys: [], only: () => never() };
  return agentKeys(socket, target.connectTimeoutMs);
}

function never(): never {
  throw new Error('there is no agent');
}

function whyNot({ locked, problem }: KeyFile): string {
  if (locked) return 'encrypted';
  return problem?.message.includes('does not exist') ? 'there is no such file' : 'it cannot be used';
}

/** Many servers take passwords by keyboard-interactive only: the first question that hides its answer gets it. */
function passwordMethod(
  type: 'password' | 'keyboard-interactive',
  username: string,
  password: string,
  state: { sent: boolean },
): AnyAuthMethod {
  if (type === 'password') return { type, username, password };
  return {
    type,
    username,
    prompt: (_name, _instructions, _language, prompts, finish) => {
      finish(
        prompts.map(({ echo }) => {
          if (echo || state.sent) return '';
          state.sent = true;
          return password;
        }),
      );
    },
  };
}

function nothingToTry({ name, user }: SshTarget, tried: readonly string[]): FixError {
  const passedOver = tried.length > 0 ? ` (${tried.join(', ')})` : '';
  return new FixError('ssh/auth', `there is nothing to log in to ${name} with as ${printableLine(user)}${passedOver}`, {
    hint: tried.includes(REFUSED_BEFORE)
      ? 'Check ansible_user and the password, then run again.'
      : 'Set ansible_ssh_private_key_file, load a key into the agent, or give a password (--ask-pass).',
    at: name,
  });
}
