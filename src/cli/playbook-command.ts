import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import process from 'node:process';
import { FixError } from '../core/error.js';
import type { Event, HostCounts } from '../engine/events.js';
import type { RunSettings } from '../engine/run.js';
import { loadInventory } from '../inventory/index.js';
import { OUR_MODULES } from '../library/module-finder.js';
import { loadPlaybook, readPlaybook } from '../playbook/load-playbook.js';
import type { Playbook } from '../playbook/play.js';
import { withDefaults, withoutTasksBefore } from '../playbook/play-defaults.js';
import { ansibleColoured, ansiblePlain } from '../report/ansible-paint.js';
import { AnsibleText, ansibleColumns } from '../report/ansible-text.js';
import { JsonReport } from '../report/json-report.js';
import type { AnsibleConfig } from './ansible-config.js';
import { askPerson } from './ask-person.js';
import { exitStatusOf } from './complain.js';
import { conduct, type Report, settingsFor, usesColour } from './conduct.js';
import { withOwnModules } from './own-modules.js';
import { withConfig } from './playbook-config.js';
import { type Listing, listingLines } from './playbook-listing.js';
import type { ModuleOptions, PlaybookOptions } from './playbook-options.js';
import { headerOf } from './run-header.js';

/** Ansible's own, for these commands alone. */
const EXIT = { done: 0, error: 1, failed: 2, unreachable: 4, unreadable: 4, options: 5, interrupted: 99 } as const;

/** `playbook`: runs playbooks one after the other, and stops at one that fails. @returns the exit status */
export async function playbookCommand(files: readonly string[], given: PlaybookOptions): Promise<number> {
  return asAnsible(async () => {
    const { options: configured, config } = await withConfig(given);
    for (const file of files) {
      if (existsSync(file)) continue;
      throw new FixError('file/missing', `the playbook: ${file} could not be found`, { hint: 'Check its path.' });
    }
    const options = await withOwnModules(configured, ...files);
    const { knows } = options.modules ?? OUR_MODULES;
    const books = files.map((file) => loadPlaybook(file, knows, options.vault, options.rolesPath));
    const listing = listingOf(options);
    let status: number = EXIT.done;
    for (const playbook of books) {
      status = await runOne(playbook, options, config, listing);
      if (status !== EXIT.done) break;
    }
    return status;
  });
}

/** `module`: one task, as a playbook of one play. @returns the exit status */
export async function moduleCommand(hosts: string, given: ModuleOptions): Promise<number> {
  return asAnsible(async () => {
    const { options: configured, config } = await withConfig(given);
    const options = await withOwnModules(configured);
    const args = /^\s*\{/.test(given.args ?? '') ? JSON.parse(given.args as string) : (given.args ?? null);
    const play = { name: 'Ad-Hoc', hosts, gather_facts: false, tasks: [{ [given.moduleName]: args }] };
    const { knows } = options.modules ?? OUR_MODULES;
    const playbook = readPlaybook(JSON.stringify([play]), 'command line', knows, options.vault, options.rolesPath);
    return runOne(playbook, options, config, undefined);
  });
}

/** What goes wrong before a task is told as everywhere, with Ansible's status. */
async function asAnsible(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    exitStatusOf(error);
    if (!(error instanceof FixError)) return EXIT.error;
    if (error.code === 'cli/interrupted') return EXIT.interrupted;
    if (error.code === 'cli/usage') return EXIT.options;
    return UNREADABLE.test(error.code) ? EXIT.unreadable : EXIT.error;
  }
}

const UNREADABLE = /^(playbook|yaml|module)\//;

function listingOf({ syntaxCheck, listHosts, listTasks, listTags }: PlaybookOptions): Listing | undefined {
  if (!syntaxCheck && !listHosts && !listTasks && !listTags) return undefined;
  return { hosts: listHosts === true, tasks: listTasks === true, tags: listTags === true };
}

async function runOne(
  read: Playbook,
  options: PlaybookOptions,
  config: AnsibleConfig,
  listing: Listing | undefined,
): Promise<number> {
  const settings = settingsOf(read, options, config);
  if (listing !== undefined) {
    for (const line of listingLines(settings, listing)) process.stdout.write(`${line}\n`);
    return EXIT.done;
  }
  const counts = new Map<string, HostCounts>();
  const verdict = { status: 0 };
  await conduct(settings, options, {
    isTold: true,
    report: (progress) => reportOf(options, config, progress.around),
    listener: {
      event(event, phase) {
        if (event.kind === 'recap' && (phase === 'apply') !== (options.check === true))
          for (const [host, count] of event.hosts) counts.set(host, count);
      },
      verdict: ({ exitStatus }) => {
        verdict.status = exitStatus;
      },
    },
  });
  if (verdict.status === 130) return EXIT.interrupted;
  const all = [...counts.values()];
  if (all.some(({ unreachable }) => unreachable > 0)) return EXIT.unreachable;
  if (all.some(({ failed }) => failed > 0)) return EXIT.failed;
  return EXIT.done;
}

function settingsOf(read: Playbook, options: PlaybookOptions, { settings: config }: AnsibleConfig): RunSettings {
  const sources = options.inventory.length > 0 ? options.inventory : ['localhost,'];
  const folder = dirname(resolve(read.file));
  const readInventory = () => loadInventory(sources, { vault: options.vault, playbookFolder: folder });
  const started = options.startAtTask === undefined ? read : withoutTasksBefore(read, options.startAtTask);
  const playbook = withDefaults(started, {
    become: options.become,
    becomeUser: options.becomeUser,
    becomeMethod: options.becomeMethod,
    connection: options.connection,
    forceHandlers: options.forceHandlers,
    anyErrorsFatal: config.anyErrorsFatal?.value,
    noLog: config.noLog?.value,
    timeout: config.taskTimeout?.value,
    remoteUser: options.user,
  });
  const header = headerOf(sources[0] as string, read.file, options);
  return {
    ...settingsFor(readInventory(), playbook, header, options),
    readInventory,
    inventorySources: options.inventory.map((source) => (existsSync(source) ? resolve(source) : source)),
    gathering: config.gathering?.value ?? 'implicit',
    diff: options.diff === true || config.diffAlways?.value === true,
    verbosity: options.verbose,
    ...(options.step && { wanted: stepAsker() }),
  };
}

/** `--step`: yes, no, or yes to this and all that follow. */
function stepAsker(): (task: string) => Promise<boolean> {
  let all = false;
  return async (task) => {
    if (all) return true;
    const question = { text: `Perform task: TASK: ${task} (N)o/(y)es/(c)ontinue`, isPrivate: false, confirm: false };
    const answer = ((await askPerson(question, (ask) => ask())) ?? '').toLowerCase();
    all = answer === 'c';
    return all || answer === 'y';
  };
}

/** Only the pass that counts is told: a playbook that looks at a cluster is planned before it is done. */
function reportOf(options: PlaybookOptions, config: AnsibleConfig, around: (write: () => void) => void): Report {
  const phase = options.check === true ? 'plan' : 'apply';
  if (options.json) {
    const json = new JsonReport((line) => process.stdout.write(`${line}\n`));
    return { event: (event, of) => json.event(event, of), planned() {}, verdict: (verdict) => json.verdict(verdict) };
  }
  const { settings } = config;
  const text = new AnsibleText({
    write: (line, to) => around(() => (to === 'out' ? process.stdout : process.stderr).write(`${line}\n`)),
    width: ansibleColumns(process.stdout.columns),
    paint: usesColour(options, process.stdout) ? ansibleColoured : ansiblePlain,
    verbosity: options.verbose,
    diff: options.diff === true || settings.diffAlways?.value === true,
    showStats: settings.showCustomStats?.value === true,
    showSkipped: settings.displaySkippedHosts?.value !== false,
    showOk: settings.displayOkHosts?.value !== false,
    showPathOnFailure: settings.showTaskPathOnFailure?.value === true,
    diffContext: settings.diffContext?.value ?? 3,
  });
  for (const message of config.warnings) text.event({ kind: 'warning', message });
  const early: Event[] = [];
  let told = false;
  return {
    event(event, of) {
      if (of === phase) {
        told = true;
        text.event(event);
      } else early.push(event);
    },
    planned() {},
    verdict({ kind, line }) {
      // A plan that is not carried out is what there is to see.
      if (!told) for (const event of early) text.event(event);
      if (kind === 'refused') text.event({ kind: 'warning', message: line });
    },
  };
}
