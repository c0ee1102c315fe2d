import { bareName } from '../core/module-names.js';
import { INCLUDE_KEYWORDS } from './keywords.js';
import type { BlockStep, IncludeArguments, Included, IncludeStep } from './play.js';
import {
  conditionsOf,
  inheritedOf,
  invalid,
  isMapping,
  type Section,
  sectionAt,
  textOf,
  unsupported,
  wordsOf,
} from './read-keywords.js';
import { freeWords, readLoop, readRegister, refuseNotYet } from './read-task.js';
import type { Reader } from './reader.js';

/** What opens the file of tasks, or the role, that an include names. */
export interface Openers {
  tasks(section: Section, file: string, reader: Reader): Included;
  role(section: Section, name: string, given: IncludeArguments, reader: Reader): Included;
  /** A block with all that a section says, and nothing in it. */
  blockAround(section: Section): BlockStep;
}

const INCLUDES = ['include_tasks', 'include_role'] as const;

/** What a section includes, and the words that it may have; undefined for another task. */
export function readInclude(section: Section, reader: Reader, openers: Openers): IncludeStep | undefined {
  const key = Object.keys(section.map).find((name) => INCLUDES.some((known) => known === bareName(name)));
  if (key === undefined) return undefined;
  const { source, path, map } = section;
  for (const word of Object.keys(map)) {
    refuseNotYet(section, word);
    if (word === key || INCLUDE_KEYWORDS.has(word) || word.startsWith('with_')) continue;
    const hint = `Known: ${[...INCLUDE_KEYWORDS].join(', ')}. What holds for each task that it brings goes below apply.`;
    throw invalid(source, [...path, word], `${bareName(key)} has no keyword \`${word}\``, hint);
  }
  const what = bareName(key) === 'include_tasks' ? 'tasks' : 'role';
  const { apply, ...args } = includeArguments(section, key, what === 'tasks' ? 'file' : 'name');
  refuseArguments(section, key, args, what);
  const cache = new Map<string, Included>();
  const open = (given: IncludeArguments): Included => {
    const words = JSON.stringify(given);
    const known = cache.get(words);
    if (known !== undefined) return known;
    const name = given.file ?? given.name ?? given.role;
    if (typeof name !== 'string' || name === '') throw invalid(source, [...path, key], `${bareName(key)} needs a name`);
    const opened = what === 'tasks' ? openers.tasks(section, name, reader) : openers.role(section, name, given, reader);
    cache.set(words, opened);
    return opened;
  };
  return {
    kind: 'include',
    ...inheritedOf(section),
    what,
    name: textOf(section, 'name'),
    at: source.at(path),
    role: reader.role,
    folder: reader.folder,
    args,
    apply: applyBlock(section, key, apply, openers),
    when: conditionsOf(section, 'when'),
    notify: [],
    listen: wordsOf(section, 'listen'),
    register: readRegister(section),
    loop: readLoop(section),
    open,
  };
}

const ROLE_WORDS = [
  'name',
  'role',
  'tasks_from',
  'handlers_from',
  'vars_from',
  'defaults_from',
  'public',
  'allow_duplicates',
  'rolespec_validate',
];

function refuseArguments({ source, path }: Section, key: string, args: IncludeArguments, what: 'tasks' | 'role'): void {
  const known = what === 'tasks' ? ['file'] : ROLE_WORDS;
  const stranger = Object.keys(args).find((word) => !known.includes(word));
  if (stranger === undefined) return;
  const hint = `Known: ${[...known, 'apply'].join(', ')}.`;
  throw invalid(source, [...path, key], `${bareName(key)} has no argument \`${stranger}\``, hint);
}

/** The arguments, as a mapping: `include_tasks: x.yml`, `include_role: name=x`, with `args` beside them. */
function includeArguments({ source, path, map }: Section, key: string, main: string): Record<string, unknown> {
  const given = map[key];
  const beside = isMapping(map.args) ? map.args : {};
  if (isMapping(given)) return { ...beside, ...given };
  if (typeof given === 'string') return { ...beside, ...(freeWords(given) ?? { [main]: given.trim() }) };
  if ((given === null || given === undefined) && map.args !== undefined) return { ...beside };
  throw invalid(source, [...path, key], `${bareName(key)} takes a name or a mapping`);
}

/** `apply`: the words that hold for each task that is included. */
function applyBlock(
  { source, path, map }: Section,
  key: string,
  apply: unknown,
  openers: Openers,
): BlockStep | undefined {
  if (apply === undefined || apply === null) return undefined;
  const inside = isMapping(map[key]) && 'apply' in map[key] ? [...path, key, 'apply'] : [...path, 'args', 'apply'];
  const section = sectionAt(source, inside, apply, 'apply');
  for (const word of Object.keys(section.map)) refuseNotYet(section, word);
  if ('block' in section.map)
    throw unsupported(source, inside, 'apply takes no block', 'Write the words that hold for each task.');
  return openers.blockAround(section);
}
