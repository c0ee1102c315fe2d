import { readFileSync } from 'node:fs';
import { runDaemon, Stop } from './daemon.js';
import { failAsTold } from './fail-as-told.js';
import { glogLine, type Log } from './glog.js';
import { FlagError } from './go-flags.js';
import { SOURCES_0_11, SOURCES_0_20 } from './log-sources.js';
import { readSettings, type Settings } from './settings.js';

/** The lab's switch: the version that this binary takes itself for. */
const VERSION_FILE = '/etc/lab-flannel-version';

function main(): void {
  const version = readVersion();
  const legacy = /^v?0\.(\d|1[0-7])\./.test(version);
  const settings = settingsOrUsage(legacy);
  if (settings.version) {
    process.stderr.write(`${version}\n`);
    process.exit(0);
  }
  if (settings.kubeSubnetMgr) {
    log('E', 'main.go:241', 'Failed to create SubnetManager: error creating k8s client: the lab has no Kubernetes');
    process.exit(1);
  }
  if (failAsTold(process.argv.slice(2))) return;
  const at = legacy ? SOURCES_0_11 : SOURCES_0_20;
  const signal = stopSignal();
  runDaemon({ settings, legacy, log, at, signal, pid: process.pid }).then(
    (status) => process.exit(status),
    (error: unknown) => {
      if (!(error instanceof Stop)) process.stderr.write(`panic: ${String(error)}\n`);
      process.exit(error instanceof Stop ? error.status : 2);
    },
  );
}

const log: Log = (severity, source, message) => {
  const nowMs = performance.timeOrigin + performance.now();
  process.stderr.write(`${glogLine(severity, source, message, nowMs, process.pid)}\n`);
};

function settingsOrUsage(legacy: boolean): Settings {
  try {
    // A single executable's own name is the second word, as a script's would be.
    return readSettings(process.argv.slice(2), process.env, legacy);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    if (!error.help) process.stderr.write(`${error.message}\n`);
    process.stderr.write(`Usage: ${process.argv[1]} [OPTION]...\n`);
    process.exit(0); // flannel's own usage() exits 0, whatever the mistake was
  }
}

function stopSignal(): AbortSignal {
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  process.once('SIGINT', () => stop.abort());
  return stop.signal;
}

function readVersion(): string {
  try {
    return readFileSync(VERSION_FILE, 'utf8').trim() || 'v0.11.0';
  } catch {
    return 'v0.11.0';
  }
}

main();
