import { type ActionOutput, change, type Fields, type Outcome, refuse, run, unchanged } from '../core/module.js';
import type { Reading } from '../core/reading.js';
import { type Script, sh } from '../core/script.js';
import type { HostPackages, PackageManager, PackageState } from '../facts/host-packages.js';
import { list, word } from './arguments.js';

const NAME = /^[a-z\d@/][\w.+~@/-]*(:[a-z\d-]+)?([=~<>]=?[\w.+~:-]+)?$/i;

/** Names of packages, some with a version. A pattern is none, and neither is what a program could read as an option. */
export const packageNames = list.superRefine((names, context) => {
  const bad = names.find((name) => !word.safeParse(name).success || !NAME.test(name));
  if (bad === undefined) return;
  const message = `${JSON.stringify(bad)} is no name of a package; patterns are not supported`;
  context.addIssue({ code: 'custom', message });
});

export type WantedState = 'present' | 'absent' | 'latest';

/** What a package manager is to do, how it is said to it, and what a task's result tells besides. */
export interface PackageWish {
  readonly state: WantedState;
  readonly purge?: boolean;
  readonly onlyUpgrade?: boolean;
  /** What comes before, where something is to be done: the lists are read anew. */
  readonly before?: Script | undefined;
  /** What is known of that from what it said. */
  readonly afterBefore?: (said: ActionOutput) => Fields;
  readonly result?: Fields;
  install(names: readonly string[], manager: PackageManager): Script;
  remove(names: readonly string[], manager: PackageManager): Script;
}

/** Downloads and scripts of packages take their time. */
const TIMEOUT_MS = 60 * 60 * 1000;

/** Plans for packages: nothing for those that are as they should be, one command for the others. */
export function planPackages(wish: PackageWish, reading: Reading<HostPackages>): Outcome {
  if (reading.state !== 'present') {
    return refuse(`cannot look at the packages${reading.state === 'unreadable' ? `: ${reading.why}` : ''}`);
  }
  const { manager, packages } = reading.value;
  const unknown = packages.find((one) => one.unknown);
  // A list that is read anew may have it.
  if (unknown !== undefined && wish.state !== 'absent' && wish.before === undefined && !wish.onlyUpgrade) {
    return refuse(`No package matching '${unknown.name}' is available`);
  }
  const names = packages.filter((one) => isDue(one, wish)).map(({ name }) => name);
  if (names.length === 0 && wish.before === undefined) {
    return unchanged(packages.length === 0 ? 'nothing was asked for' : 'the packages are already so', {
      ...(wish.result ? { result: wish.result } : {}),
    });
  }
  const due = wish.state === 'absent' ? wish.remove(names, manager) : wish.install(names, manager);
  const scripts = [...(wish.before ? [wish.before] : []), ...(names.length > 0 ? [due] : [])];
  return change(why(names, wish), {
    actions: scripts.map((script) => run(script, { mayFail: true, timeoutMs: TIMEOUT_MS })),
    // Lists that were read anew alone count as a change only where nothing else was asked for.
    result: { changed: names.length > 0 || packages.length === 0, ...wish.result },
    conclude: (outputs) => conclusion(outputs, wish, names, packages.length === 0),
  });
}

/** When apt's lists were read, as Ansible's `apt` tells it; nothing of other managers. */
export function listsFields(known: HostPackages | undefined, areRead = false): Fields {
  if (known?.manager !== 'apt') return {};
  return { cache_updated: areRead, cache_update_time: known.listsReadAt ?? 0 };
}

function isDue({ installed, outdated, leftovers }: PackageState, { state, purge, onlyUpgrade }: PackageWish): boolean {
  if (state === 'absent') return installed || (leftovers && purge === true);
  return installed ? state === 'latest' && outdated : !onlyUpgrade;
}

function why(names: readonly string[], { state }: PackageWish): string {
  if (names.length === 0) return 'reads the lists of packages';
  const verb = state === 'absent' ? 'removes' : state === 'latest' ? 'installs the newest of' : 'installs';
  return `${verb} ${names.join(', ')}`;
}

function conclusion(
  outputs: readonly ActionOutput[],
  { before, afterBefore }: PackageWish,
  names: readonly string[],
  isListsAlone: boolean,
): Fields {
  const failed = outputs.find(({ status }) => status !== 0);
  const last = failed ?? outputs.at(-1);
  const said = { stdout: last?.stdout ?? '', stderr: last?.stderr ?? '' };
  const lists = before && outputs[0]?.status === 0 ? (afterBefore?.(outputs[0]) ?? {}) : {};
  if (failed === undefined) {
    // Of lists alone a result tells the time; lists that are as they were are no change.
    if (names.length === 0) return isListsAlone && lists.cache_updated === false ? { ...lists, changed: false } : lists;
    return outputs.length < (before ? 2 : 1) ? lists : { ...lists, ...said };
  }
  return {
    ...lists,
    ...said,
    failed: true,
    changed: false,
    rc: failed.status,
    msg: failed.stderr.trim() || failed.stdout.trim(),
  };
}

const FAMILY: Readonly<
  Record<Exclude<PackageManager, 'apt'>, { install: string[]; upgrade: string[]; remove: string[] }>
> = {
  dnf: { install: ['dnf', '-y', 'install'], upgrade: ['dnf', '-y', 'upgrade'], remove: ['dnf', '-y', 'remove'] },
  yum: { install: ['yum', '-y', 'install'], upgrade: ['yum', '-y', 'update'], remove: ['yum', '-y', 'remove'] },
  apk: { install: ['apk', 'add'], upgrade: ['apk', 'add', '-u'], remove: ['apk', 'del'] },
  zypper: {
    install: ['zypper', '-n', 'install'],
    upgrade: ['zypper', '-n', 'install'],
    remove: ['zypper', '-n', 'remove'],
  },
};

/** The commands of a package manager without any options of its own. */
export function plainCommands(state: WantedState): Pick<PackageWish, 'install' | 'remove'> {
  const words = (manager: PackageManager, verb: 'install' | 'upgrade' | 'remove') =>
    manager === 'apt' ? undefined : FAMILY[manager][verb];
  return {
    install: (names, manager) =>
      sh`${words(manager, state === 'latest' ? 'upgrade' : 'install') ?? aptWords('install')} ${names}`,
    remove: (names, manager) => sh`${words(manager, 'remove') ?? aptWords('remove')} ${names}`,
  };
}

/** `apt-get` without questions, with what the host's own files of configuration are to be. */
export function aptWords(
  verb: string,
  options: readonly string[] = [],
  dpkg = 'force-confdef,force-confold',
): string[] {
  const dpkgOptions = dpkg.split(',').flatMap((option) => ['-o', `Dpkg::Options::=--${option.trim()}`]);
  const environment = ['env', 'DEBIAN_FRONTEND=noninteractive', 'DEBIAN_PRIORITY=critical'];
  return [...environment, 'apt-get', '-y', ...dpkgOptions, ...options, verb];
}
