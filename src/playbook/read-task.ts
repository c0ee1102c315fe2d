import { META_WORDS } from '../core/meta-words.js';
import { bareName } from '../core/module-names.js';
import { LOOP_CONTROL_WORDS, NOT_YET, TASK_KEYWORDS } from './keywords.js';
import type { Loop, TaskStep, Variables } from './play.js';
import {
  conditionsOf,
  inheritedOf,
  invalid,
  isMapping,
  type Section,
  textOf,
  unsupported,
  wordsOf,
} from './read-keywords.js';
import type { Reader } from './reader.js';

/** One task. @throws FixError `playbook/invalid`, `playbook/unsupported` */
export function readTask(section: Section, reader: Reader): TaskStep {
  const { source, path, map } = section;
  return {
    kind: 'task',
    ...inheritedOf(section),
    name: textOf(section, 'name'),
    at: source.at(path),
    role: reader.role,
    folder: reader.folder,
    ...readAction(section, reader),
    when: conditionsOf(section, 'when'),
    notify: wordsOf(section, 'notify'),
    listen: wordsOf(section, 'listen'),
    register: readRegister(section),
    loop: readLoop(section),
    until: conditionsOf(section, 'until'),
    retries: map.retries,
    delay: map.delay,
    changedWhen: conditionsOf(section, 'changed_when'),
    failedWhen: conditionsOf(section, 'failed_when'),
    async: map.async,
    poll: map.poll,
  };
}

interface ReadAction {
  readonly module: string;
  readonly args: Variables | string;
  readonly delegateTo: unknown;
}

function readAction(written: Section, reader: Reader): ReadAction {
  const section = withoutAction(written);
  const { source, path, map } = section;
  const others = Object.keys(map).filter((key) => !TASK_KEYWORDS.has(key) && !key.startsWith(WITH));
  for (const key of others) refuseNotYet(section, key);
  const names = others.filter((key) => reader.knows(bareName(key)));
  const delegateTo = 'local_action' in written.map ? 'localhost' : map.delegate_to;
  if (names.length > 1)
    throw invalid(source, path, `one task, two modules: ${names.join(' and ')}`, 'Make it two tasks.');
  const stranger = others.find((key) => !names.includes(key));
  if (stranger !== undefined) throw unknownKey(section, stranger);
  const name = names[0];
  if (name === undefined)
    throw invalid(source, path, 'this task names no module', 'Add one, such as `command: uptime`.');
  const args = withArgs(section, map[name], name);
  if (bareName(name) === 'meta') refuseUnknownMeta(section, args);
  return { module: bareName(name), args, delegateTo };
}

/** `action: copy src=a dest=b`, and `local_action` likewise, as the module's own key. */
function withoutAction(section: Section): Section {
  const { source, path, map } = section;
  const key = ['action', 'local_action'].find((word) => map[word] !== undefined);
  if (key === undefined) return section;
  const { [key]: given, ...rest } = map;
  if (isMapping(given)) {
    const { module, ...args } = given;
    if (typeof module !== 'string') throw invalid(source, [...path, key], `${key} needs a module`);
    return { source, path, map: { ...rest, ...asModule(module, args) } };
  }
  if (typeof given !== 'string') throw invalid(source, [...path, key], `${key} takes a module and its arguments`);
  return { source, path, map: { ...rest, ...asModule(given.trim(), undefined) } };
}

function asModule(text: string, args: Variables | undefined): Variables {
  const [name = '', ...more] = text.split(/\s+/);
  if (args !== undefined) return { [name]: more.length === 0 ? args : { ...args, _raw_params: more.join(' ') } };
  return { [name]: text.slice(name.length).trim() || null };
}

function refuseUnknownMeta({ source, path }: Section, args: Variables | string): void {
  const word = metaWord(args);
  if (META_WORDS.some((known) => known === word)) return;
  const what = `meta: ${JSON.stringify(word)} is not supported yet`;
  throw unsupported(source, [...path, 'meta'], what, `Supported: ${META_WORDS.join(', ')}.`);
}

/** The word of a `meta` task. */
export function metaWord(args: Variables | string): string {
  return typeof args === 'string' ? args.trim() : String(args._raw_params ?? args.free_form ?? '');
}

function withArgs({ source, path, map }: Section, given: unknown, module: string): Variables | string {
  const extra = map.args;
  if (extra !== undefined && !isMapping(extra)) throw invalid(source, [...path, 'args'], 'args has to be a mapping');
  if (given === null || given === undefined) return extra ?? {};
  if (typeof given === 'string') return extra ? { ...extra, _raw_params: given } : given;
  if (isMapping(given)) return { ...extra, ...given };
  throw invalid(source, [...path, module], `${module} takes arguments as a mapping or as text`);
}

export function readRegister(section: Section): string | undefined {
  const name = textOf(section, 'register');
  if (name !== undefined && !/^[A-Za-z_]\w*$/.test(name)) {
    throw invalid(section.source, [...section.path, 'register'], `${JSON.stringify(name)} cannot be a variable's name`);
  }
  return name;
}

const WITH = 'with_';

/** `loop`, or `with_` and the name of a lookup. */
function isLoopWord(word: string): boolean {
  return word === 'loop' || word.startsWith(WITH);
}

export function readLoop(section: Section): Loop | undefined {
  const { source, path, map } = section;
  const key = Object.keys(map).find((word) => isLoopWord(word) && map[word] !== undefined);
  const control = map.loop_control ?? {};
  if (!isMapping(control)) throw invalid(source, [...path, 'loop_control'], 'loop_control has to be a mapping');
  for (const word of Object.keys(control)) {
    if (!LOOP_CONTROL_WORDS.some((known) => known === word)) {
      const place = [...path, 'loop_control', word];
      throw unsupported(
        source,
        place,
        `loop_control.${word} is not supported`,
        `Known: ${LOOP_CONTROL_WORDS.join(', ')}.`,
      );
    }
  }
  if (key === undefined) return undefined;
  return {
    over: map[key],
    lookup: key === 'loop' ? undefined : key.slice(WITH.length),
    loopVar: typeof control.loop_var === 'string' ? control.loop_var : 'item',
    indexVar: typeof control.index_var === 'string' ? control.index_var : undefined,
    label: control.label,
    pause: control.pause,
    extended: control.extended,
    allItems: control.extended_allitems,
    breakWhen: conditionsOf({ source, path: [...path, 'loop_control'], map: control }, 'break_when'),
  };
}

/** `k=v` words, where a text is nothing else. */
export function freeWords(text: string): Record<string, string> | undefined {
  const words = text.trim().split(/\s+/);
  if (!words.every((word) => /^\w+=/.test(word))) return undefined;
  return Object.fromEntries(words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]));
}

/** Refuses keys that are no keyword here. */
export function refuseUnknown(section: Section, known: ReadonlySet<string>, what: string): void {
  for (const key of Object.keys(section.map)) {
    refuseNotYet(section, key);
    if (!known.has(key)) {
      const place = [...section.path, key];
      throw invalid(section.source, place, `${what} has no keyword \`${key}\``, `Known: ${[...known].join(', ')}.`);
    }
  }
}

/** Refuses a keyword of Ansible's that is not honoured here. */
export function refuseNotYet(section: Section, key: string): void {
  if (!NOT_YET.has(key)) return;
  const place = [...section.path, key];
  const hint = 'Nothing was run. Take the keyword out, or run this playbook with Ansible.';
  throw unsupported(section.source, place, `the keyword \`${key}\` is not supported yet`, hint);
}

function unknownKey({ source, path }: Section, key: string) {
  const hint = 'Nothing was run. `fix-flannel modules` lists the modules that there are.';
  return unsupported(source, [...path, key], `\`${key}\` is neither a task keyword nor a module of this program`, hint);
}
