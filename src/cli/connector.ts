import { FixError } from '../core/error.js';
import type { Secret } from '../core/script.js';
import type { Become, Connect } from '../engine/run.js';
import { connectionVars } from '../inventory/index.js';
import { connectLocal } from '../transport/connect-local.js';
import { connectSsh } from '../transport/connect-ssh.js';
import { JumpHosts } from '../transport/jump-hosts.js';
import { KeyRing } from '../transport/key-ring.js';
import { type KnownHosts, readKnownHosts } from '../transport/known-hosts.js';
import { PasswordMemory } from '../transport/password-memory.js';
import { defaultKeyFiles } from '../transport/private-key.js';
import { type ConfigFile, readSshConfig } from '../transport/ssh-config-file.js';
import type { SshOptions, SshTarget } from '../transport/ssh-target.js';
import type { LoginSecrets } from './login-secrets.js';
import type { ReachOptions } from './reach-options.js';
import { type Surroundings, sshTargetOf } from './ssh-target-of.js';

/** Who runs the program, and what of their surroundings SSH uses. */
export interface Operator {
  readonly home: string;
  readonly user: string;
  /** The name of this machine. */
  readonly hostName: string;
  readonly agentSocket: string | undefined;
  readonly secrets: LoginSecrets;
  env(name: string): string | undefined;
  warn(message: string): void;
}

/**
 * Makes connections as the inventory's `ansible_*` variables, the command line and the ssh configuration say. Keys,
 * passphrases, known_hosts files, connections to jump hosts and refused passwords are shared by all of a run.
 */
export function connector(options: ReachOptions, operator: Operator): Connect {
  const { secrets } = operator;
  const around: Surroundings = {
    home: operator.home,
    localUser: operator.user,
    localHost: operator.hostName,
    env: operator.env,
    configFiles: onceFor(
      (named) => configFiles(named, operator),
      (named) => named ?? '',
    ),
    password: secrets.password,
  };
  const shared: SshOptions = {
    defaultKeyFiles: defaultKeyFiles(operator.home),
    agentSocket: operator.agentSocket,
    keys: new KeyRing(secrets.passphrase),
    passwords: new PasswordMemory(),
    jumpHosts: new JumpHosts(),
    knownHosts: onceFor(readTargetsKnownHosts, ({ knownHostsFiles, hashKnownHosts }) =>
      [hashKnownHosts, ...knownHostsFiles].join('\n'),
    ),
  };
  const warnOnce = onceFor(
    (message: string) => operator.warn(message),
    (message) => message,
  );
  return async (host, vars, become) => {
    const settings = connectionVars(host, vars, operator.home);
    const becomes = becomeWith(become, settings.becomePassword ?? secrets.becomePassword);
    for (const variable of settings.notHonoured) warnOnce(`${variable} is not honoured`);
    if (settings.kind === 'local') return connectLocal(host, { become: becomes });
    const { target, notHonoured } = sshTargetOf(host, settings, options, around);
    for (const message of notHonoured) warnOnce(message);
    return connectSsh({ ...target, becomes }, shared);
  };
}

/** Works each thing out once, also one that fails. */
function onceFor<T, R>(work: (from: T) => R, keyOf: (from: T) => string): (from: T) => R {
  const done = new Map<string, R>();
  return (from) => {
    const key = keyOf(from);
    if (!done.has(key)) done.set(key, work(from));
    return done.get(key) as R;
  };
}

function readTargetsKnownHosts({ knownHostsFiles, hashKnownHosts }: SshTarget): KnownHosts {
  return readKnownHosts(knownHostsFiles, { hashNames: hashKnownHosts });
}

/** As for ssh: a file that is named stands for both the user's and the system's. */
function configFiles(named: string | undefined, { home, env }: Operator): readonly ConfigFile[] {
  if (named === 'none') return [];
  if (named !== undefined) {
    const file = named.replace(/^~(?=\/|$)/, () => home);
    return [readSshConfig({ file, kind: 'user', required: true }, { home, env })];
  }
  return [
    readSshConfig({ file: `${home}/.ssh/config`, kind: 'user' }, { home, env }),
    readSshConfig({ file: '/etc/ssh/ssh_config', kind: 'system' }, { home, env }),
  ];
}

function becomeWith(become: Become | undefined, password: Secret | undefined) {
  if (become === undefined) return undefined;
  if (become.method !== 'sudo' && become.method !== 'su') {
    throw new FixError('become/refused', `becoming another user by ${JSON.stringify(become.method)} is not supported`, {
      hint: 'ansible_become_method takes sudo or su.',
    });
  }
  return { method: become.method, user: become.user, ...(password && { password }) } as const;
}
