import { randomBytes } from 'node:crypto';
import { basename, dirname, resolve } from 'node:path';
import process from 'node:process';
import { Command } from 'commander';
import { EXIT } from '../core/error.js';
import { jsonWithoutControls } from '../core/printable.js';
import { sh } from '../core/script.js';
import { count, printableLine } from '../core/text.js';
import type { Recorder } from '../recording/recorder.js';
import type { KeptEtcd, Recording } from '../recording/recording.js';
import { INVENTORY } from './option-values.js';
import { type RunOptions, withRunOptions } from './options.js';
import type { SurveyListener } from './survey-listener.js';

interface GatherOptions extends RunOptions {
  readonly out: string;
  readonly force?: boolean;
  readonly kubeconfig?: string;
  readonly kubeContext?: string;
}

/** `gather INVENTORY --out FOLDER`. */
export function gatherCommand(): Command {
  const command = new Command('gather')
    .description('keep in a folder what a check reads, so that `check --from FOLDER` can look at it without the hosts')
    .argument('<inventory>', INVENTORY)
    .requiredOption('-o, --out <folder>', 'a folder that is empty or not there yet')
    .option('--force', 'replace an earlier recording in it')
    .option('--kubeconfig <file>', 'where flannel keeps its leases in the Kubernetes API: how to get there')
    .option('--kube-context <name>', 'a context of it other than its current one');
  return withRunOptions(command).action(async (inventory: string, options: GatherOptions) => {
    process.exitCode = await gather(inventory, options);
  });
}

/**
 * Asks all that a check asks, and keeps the answers.
 *
 * @returns the exit status: 0, or 3 where hosts could not be asked
 * @throws FixError `cli/usage` before anything is asked, where the folder is taken; `recording/invalid` where it cannot
 *   be written
 */
async function gather(inventory: string, options: GatherOptions): Promise<number> {
  const [{ refuseUnlessFree, writeRecording }, { recorder }, { conduct, settingsOf }, { CHECK_PLAYBOOK }, listening] =
    await Promise.all([
      import('../recording/write-folder.js'),
      import('../recording/recorder.js'),
      import('./conduct.js'),
      import('./look.js'),
      import('./survey-listener.js'),
    ]);
  const { out, force = false } = options;
  refuseUnlessFree(out, force);
  const checking = { ...options, check: true };
  const read = settingsOf(inventory, CHECK_PLAYBOOK, checking);
  const settings = { ...read, extraVars: { ...read.extraVars, ...variablesOf(options) } };
  const listener = new listening.SurveyListener((message) => say(`! ${printableLine(message, 400)}`));
  let heard: Recorder | undefined;
  await conduct(settings, checking, {
    wrapWorld: (world) => {
      heard = recorder(world, settings);
      return heard.world;
    },
    report: () => listener,
  });
  if (heard === undefined || listener.ended === undefined || listener.ended.kind === 'interrupted') {
    say('Interrupted; nothing was recorded.');
    return EXIT.interrupted;
  }
  const recording = heard.recording();
  const bytes = writeRecording(out, recording, { nonce: randomBytes(6).toString('hex'), force });
  const summary = summaryOf(recording, listener.hosts(settings.inventory), out, bytes);
  process.stdout.write(options.json ? `${jsonWithoutControls(JSON.stringify(summary))}\n` : summaryText(summary));
  return summary.missing.length > 0 ? EXIT.notEvaluated : EXIT.sound;
}

/** All checks are asked for, whatever the inventory leaves out: who reads the recording chooses. */
function variablesOf({ kubeconfig, kubeContext }: GatherOptions) {
  return {
    flannel_check_only: [],
    flannel_check_skip: [],
    ...(kubeconfig !== undefined && { flannel_kubeconfig: kubeconfig }),
    ...(kubeContext !== undefined && { flannel_kube_context: kubeContext }),
  };
}

/** What a gathering came to. */
interface Summary {
  readonly folder: string;
  readonly hosts: number;
  readonly recorded: number;
  readonly missing: readonly { readonly host: string; readonly why: string }[];
  /** What could not be read of the places where leases are kept, in words. */
  readonly notRead: readonly string[];
  readonly bytes: number;
}

function summaryOf(
  { etcds }: Recording,
  hosts: ReturnType<SurveyListener['hosts']>,
  folder: string,
  bytes: number,
): Summary {
  const missing = hosts
    .filter(({ status }) => status === 'not evaluated' || status === 'failed')
    .map(({ name, why }) => ({ host: name, why: why ?? 'it was not asked' }));
  const recorded = hosts.length - missing.length;
  return { folder, hosts: hosts.length, recorded, missing, notRead: etcds.flatMap(whatIsNotRead), bytes };
}

function whatIsNotRead({ store, endpoints, prefix, config, leases }: KeptEtcd): string[] {
  const place = store === 'kubernetes' ? 'the Kubernetes API' : `etcd ${store}, ${prefix} at ${endpoints.join(', ')}`;
  const [part] = [config, leases].filter((one) => one !== undefined && 'error' in one);
  return part !== undefined && 'error' in part ? [`${place}: ${part.error.message}`] : [];
}

/** Hosts that are named one by one. */
const MOST_NAMED = 20;

function summaryText({ folder, hosts, recorded, missing, notRead, bytes }: Summary): string {
  const lines = [
    `${recorded} of ${count(hosts, 'host')} recorded in ${printableLine(folder)} (${sizeText(bytes)}).`,
    ...missing
      .slice(0, MOST_NAMED)
      .map(({ host, why }) => `  missing: ${printableLine(host, 100)}: ${printableLine(why)}`),
    ...(missing.length > MOST_NAMED ? [`  and ${missing.length - MOST_NAMED} more`] : []),
    ...notRead.map((line) => `  not read: ${printableLine(line)}`),
    'Passwords and keys are masked or left out. Names, addresses, unit files and firewall rules are in it: look at it',
    'before you send it.',
    `  tar czf ${word(`${basename(resolve(folder))}.tar.gz`)} -C ${word(dirname(resolve(folder)))} ${word(basename(resolve(folder)))}`,
    `  fix-flannel check --from ${word(folder)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function sizeText(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

/** As a shell takes it. */
function word(text: string): string {
  const shown = printableLine(text);
  return /^[\w./+-]+$/.test(shown) ? shown : sh`${shown}`.text;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
