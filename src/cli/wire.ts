import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { homedir, hostname } from 'node:os';
import { dirname } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { FixError, messageOf } from '../core/error.js';
import { readRegularFile } from '../core/read-text.js';
import { printableLine } from '../core/text.js';
import { readFacts } from '../engine/gather.js';
import type { World } from '../engine/run.js';
import { etcdHealth } from '../etcd/health.js';
import { openLock } from '../etcd/open-lock.js';
import { openRegistry } from '../etcd/open-registry.js';
import { type StoreView, whereIsConfig } from '../etcd/where-is-config.js';
import { DEFAULT_KEEP_RUNS, folderJournal } from '../journal/folder-journal.js';
import { openKubernetesRegistry } from '../kubernetes/kubernetes-registry.js';
import { OUR_MODULES } from '../library/module-finder.js';
import { askPerson } from './ask-person.js';
import { connector } from './connector.js';
import { elapsedClock } from './elapsed-clock.js';
import { loginSecrets, type WhileAsking } from './login-secrets.js';
import type { RunOptions } from './options.js';
import { stateFolder } from './state-folder.js';
import { isGone, thisProcess, userName } from './this-process.js';

/** How long the controller tries to reach an etcd member by itself before it goes through a host. */
const ROAD_TIMEOUT_MS = 1500;

/**
 * The real world: SSH, etcd, this machine's files, clock and randomness. Asks for the passwords that the command line
 * wants to be asked for.
 * @throws FixError `cli/usage` where there is nobody to ask, `cli/interrupted`, `file/missing`
 */
export async function newWorld(
  options: RunOptions,
  signal: AbortSignal,
  warn: (message: string) => void,
  whileAsking: WhileAsking,
): Promise<World> {
  const secrets = await loginSecrets(options, whileAsking);
  return {
    journal: folderJournal(stateFolder(options.stateFolder), { keepRuns: options.keepRuns ?? DEFAULT_KEEP_RUNS }),
    openLock: (spec, tunnel) => openLock({ ...spec, deadlineMs: options.etcdTimeout * 1000 }, tunnel),
    holder: (run) => thisProcess(run, commandLine(), STARTED),
    isGone,
    elapsedMs: elapsedClock(),
    connect: connector(options, {
      home: homedir(),
      user: userName(),
      hostName: hostname(),
      agentSocket: process.env.SSH_AUTH_SOCK,
      secrets,
      env: (name) => process.env[name],
      warn,
    }),
    openRegistry: (spec, tunnel) => openRegistry({ ...spec, deadlineMs: options.etcdTimeout * 1000 }, tunnel),
    openKubernetes: (spec) => openKubernetesRegistry({ ...spec, kubeconfig: homePath(spec.kubeconfig) }),
    readFacts,
    etcdHealth: (spec, tunnel) => etcdHealth({ ...spec, deadlineMs: options.etcdTimeout * 1000 }, tunnel),
    whereIsConfig: async (spec, tunnel) => storesInWords(await whereIsConfig(spec, tunnel)),
    canReach,
    findModule: (options.modules ?? OUR_MODULES).find,
    readFile,
    fileMode: (path) => statSync(path).mode & 0o7777,
    saveFile,
    ...(options.vault && { vault: options.vault }),
    ask: (question) => askPerson(question, whileAsking),
    lookups: PROCESS_LOOKUPS,
    now: Date.now,
    nonce: () => randomBytes(12).toString('hex'),
    // A wait that is cut short by a stop is no error: whoever waits looks at the stop next.
    sleep: (ms) => delay(ms, undefined, { signal }).catch(() => undefined),
  };
}

/** Lookups that read this process. */
export const PROCESS_LOOKUPS: World['lookups'] = {
  env: (names) => names.map((name) => process.env[String(name)] ?? ''),
};

function homePath(path: string): string {
  return path.replace(/^~(?=\/|$)/, homedir());
}

const STARTED = new Date();

/** What this process was started as, without the values of options: they may be secrets. */
function commandLine(): string {
  const words = process.argv.slice(2);
  const shown = words.slice(0, words.findIndex((word) => word.startsWith('-')) + 1 || words.length);
  return ['fix-flannel', ...shown.filter((word) => !word.startsWith('-'))].join(' ');
}

function storesInWords(views: Readonly<Record<'v2' | 'v3', StoreView>>): string {
  return Object.entries(views)
    .map(([store, view]) => `${store}: ${storeInWords(view)}`)
    .join('; ');
}

function storeInWords(view: StoreView): string {
  switch (view.state) {
    case 'config':
      return 'it is there';
    case 'no-config':
      return view.elsewhere.length > 0 ? `not there, but under ${view.elsewhere.join(', ')}` : 'not there';
    case 'store-off':
      return 'etcd runs without this API';
    case 'error':
      return printableLine(view.error.message);
    default:
      return view satisfies never;
  }
}

function canReach(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket({ host, port, timeout: ROAD_TIMEOUT_MS });
    const end = (reached: boolean) => {
      socket.destroy();
      resolve(reached);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}

/** Bytes; no file that a task sends is larger. */
const MOST_SENT_BYTES = 256 * 1024 * 1024;

/** By way of a new file, so that nobody reads half of it. */
function saveFile(path: string, content: Uint8Array): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const fresh = `${path}.${randomBytes(6).toString('hex')}`;
    writeFileSync(fresh, content, { flag: 'wx' });
    renameSync(fresh, path);
  } catch (error) {
    throw new FixError('file/unwritable', `${printableLine(path)} cannot be written: ${messageOf(error)}`, {
      hint: 'Is there room, and may you write there?',
    });
  }
}

function readFile(path: string): Buffer {
  return readRegularFile(path, 'the file', MOST_SENT_BYTES);
}
