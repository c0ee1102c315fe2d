import { resolve } from 'node:path';
import { FixError } from '../core/error.js';
import type { Secret } from '../core/script.js';
import type { Become, Connect } from '../engine/run.js';
import { type ConnectionSettings, connectionVars } from '../inventory/index.js';
import { connectLocal } from '../transport/connect-local.js';
import { connectSsh } from '../transport/connect-ssh.js';
import { type KnownHosts, readKnownHosts } from '../transport/known-hosts.js';
import { defaultKeyFiles } from '../transport/private-key.js';
import type { SshTarget } from '../transport/ssh-target.js';
import type { RunOptions } from './options.js';

/** Who runs the program, and what of their surroundings SSH uses. */
export interface Operator {
  readonly home: string;
  readonly user: string;
  readonly agentSocket: string | undefined;
  warn(message: string): void;
}

/** Makes connections as the inventory's `ansible_*` variables and the command line say. */
export function connector(options: RunOptions, operator: Operator): Connect {
  const knownHosts = new Map<string, KnownHosts>();
  const told = new Set<string>();
  return async (host, vars, become) => {
    const settings = connectionVars(host, vars, operator.home);
    const becomes = becomeWith(become, settings.becomePassword);
    if (settings.kind === 'local') return connectLocal(host, { become: becomes });
    for (const word of settings.notHonoured) {
      if (!told.has(word)) operator.warn(`${host}: ${word} is not honoured`);
      told.add(word);
    }
    const target = targetOf(host, settings, options, operator);
    const files = target.knownHostsFiles.join('\n');
    const known = knownHosts.get(files) ?? readKnownHosts(target.knownHostsFiles);
    knownHosts.set(files, known);
    return connectSsh(
      { ...target, becomes },
      { defaultKeyFiles: defaultKeyFiles(operator.home), agentSocket: operator.agentSocket, knownHosts: known },
    );
  };
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

function targetOf(host: string, settings: ConnectionSettings, options: RunOptions, operator: Operator): SshTarget {
  const { home, user } = operator;
  const keyFile = settings.privateKeyFile ?? options.privateKey;
  // There is nobody to ask: `ask` is answered with no.
  const wanted = settings.strictHostKeyChecking ?? 'yes';
  const strict = wanted === 'ask' ? 'yes' : wanted;
  const target: SshTarget = {
    name: host,
    address: settings.host,
    port: settings.port ?? 22,
    user: settings.user ?? options.user ?? user,
    privateKeyFiles: keyFile === undefined ? [] : [resolve(keyFile)],
    password: settings.password,
    knownHostsFiles: settings.knownHostsFiles ?? [`${home}/.ssh/known_hosts`, '/etc/ssh/ssh_known_hosts'],
    strictHostKeyChecking: options.acceptNewHostKeys && strict === 'yes' ? 'accept-new' : strict,
    connectTimeoutMs: (settings.connectTimeoutSeconds ?? options.connectTimeout) * 1000,
  };
  return { ...target, jump: jumpOf(target, settings.jumps ?? []) };
}

/** The last jump is the one next to the host; each goes through the one before it, and is checked in the same way. */
function jumpOf(target: SshTarget, jumps: NonNullable<ConnectionSettings['jumps']>): SshTarget | undefined {
  return jumps.reduce<SshTarget | undefined>(
    (through, jump) => ({
      ...target,
      name: jump.host,
      address: jump.host,
      port: jump.port ?? 22,
      user: jump.user ?? target.user,
      jump: through,
    }),
    undefined,
  );
}
