import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import process from 'node:process';
import { FixError } from '../core/error.js';
import type { Event, HostCounts } from '../engine/events.js';
import type { RunSettings } from '../engine/run.js';
import { loadInventory } from '../inventory/index.js';
import type { Playbook } from '../playbook/play.js';
import { withDefaults, withoutTasksBefore } from '../playbook/play-defaults.js';
import { ansibleColoured, ansiblePlain } from '../report/ansible-paint.js';
import { AnsibleText, ansibleColumns } from '../report/ansible-text.js';
import { JsonReport } from '../report/json-report.js';
import type { AnsibleConfig, AnsibleSettings } from './ansible-config.js';
import { connectionDefaults } from './ansible-connection.js';
import { askPerson } from './ask-person.js';
import { exitStatusOf } from './complain.js';
import { conduct, type Report, settingsFor, usesColour } from './conduct.js';
import { INVENTORY_TEMPLATES } from './inventory-templates.js';
import type { PlaybookOptions } from './playbook-options.js';
import { headerOf } from './run-header.js';

/** Ansible's own, for these commands alone. */
export const EXIT = {
  done: 0,
  error: 1,
  failed: 2,
  unreachable: 4,
  unreadable: 4,
  options: 5,
  interrupted: 99,
} as const;

/** What goes wrong before a task is told as everywhere, with Ansible's status. */
export async function asAnsible(work: () => Promise<number>): Promise<number> {
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

/** What takes the events of a run, and writes lines. */
type TextMaker = (write: (line: string, to: 'out' | 'err') => void) => { event(event: Event): void };

interface RunStyle {
  /** Lines to print instead of running anything. */
  readonly listing?: ((settings: RunSettings) => readonly string[]) | undefined;
  readonly text?: TextMaker;
}

/** What the options and the configuration say of any text. */
export function styleOf(options: PlaybookOptions, { settings }: AnsibleConfig) {
  return {
    width: ansibleColumns(process.stdout.columns),
    paint: isColoured(options, settings) ? ansibleColoured : ansiblePlain,
    verbosity: options.verbose,
    diff: showsDiffs(options, settings),
    diffContext: settings.diffContext?.value ?? 3,
  };
}

function showsDiffs(options: PlaybookOptions, { diffAlways }: AnsibleSettings): boolean {
  return options.diff === true || diffAlways?.value === true;
}

function isColoured(options: PlaybookOptions, { noColor, forceColor }: AnsibleSettings): boolean {
  if (options.color && !process.env.NO_COLOR && forceColor?.value === true) return true;
  return noColor?.value !== true && usesColour(options, process.stdout);
}

function playbookText(options: PlaybookOptions, config: AnsibleConfig): TextMaker {
  const { settings } = config;
  return (write) =>
    new AnsibleText({
      ...styleOf(options, config),
      write,
      showStats: settings.showCustomStats?.value === true,
      showSkipped: settings.displaySkippedHosts?.value !== false,
      showOk: settings.displayOkHosts?.value !== false,
      showPathOnFailure: settings.showTaskPathOnFailure?.value === true,
    });
}

/** Runs one playbook, or lists what is in it. @returns the exit status */
export async function runOne(
  read: Playbook,
  options: PlaybookOptions,
  config: AnsibleConfig,
  { listing, text = playbookText(options, config) }: RunStyle = {},
): Promise<number> {
  const settings = settingsOf(read, options, config);
  if (listing !== undefined) {
    for (const line of listing(settings)) process.stdout.write(`${line}\n`);
    return EXIT.done;
  }
  const counts = new Map<string, HostCounts>();
  const verdict = { status: 0 };
  await conduct(settings, options, {
    isTold: true,
    report: (progress) => reportOf(options, config, text, progress.around),
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
  const readInventory = () =>
    connectionDefaults(
      loadInventory(sources, { vault: options.vault, playbookFolder: folder, templates: INVENTORY_TEMPLATES }),
      config,
    );
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
    diff: showsDiffs(options, config),
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
function reportOf(
  options: PlaybookOptions,
  config: AnsibleConfig,
  textOf: TextMaker,
  around: (write: () => void) => void,
): Report {
  const phase = options.check === true ? 'plan' : 'apply';
  if (options.json) {
    const json = new JsonReport((line) => process.stdout.write(`${line}\n`));
    return { event: (event, of) => json.event(event, of), planned() {}, verdict: (verdict) => json.verdict(verdict) };
  }
  const text = textOf((line, to) => around(() => (to === 'out' ? process.stdout : process.stderr).write(`${line}\n`)));
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
