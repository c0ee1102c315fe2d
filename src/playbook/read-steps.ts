import { resolve } from 'node:path';
import { FixError } from '../core/error.js';
import type { SourceYaml } from '../core/yaml.js';
import { BLOCK_KEYWORDS, IMPORT_KEYWORDS, TASK_KEYWORDS } from './keywords.js';
import { type OpenRole, openRole, type RoleFiles, type RoleSpec, roleIsThere, roleWith } from './open-role.js';
import type {
  BlockStep,
  Handler,
  IncludeArguments,
  Included,
  IncludeStep,
  Inherited,
  Role,
  Step,
  Variables,
} from './play.js';
import { readInclude } from './read-include.js';
import {
  conditionsOf,
  inheritedOf,
  invalid,
  isMapping,
  listAt,
  type Path,
  type Section,
  sectionAt,
  textOf,
  unsupported,
  wordsOf,
} from './read-keywords.js';
import { bareName, freeWords, readTask, refuseNotYet, refuseUnknown } from './read-task.js';
import { isFile, missing, openAgain, openWithin, placesOf, type Reader } from './reader.js';

/** A list of tasks and blocks; what they import stands in their place. */
export function readSteps(source: SourceYaml, path: Path, value: unknown, reader: Reader): Step[] {
  const what = path.length === 0 ? 'this file' : String(path.at(-1));
  return listAt(source, path, value, what).map((item, index) => {
    const section = sectionAt(source, [...path, index], item, `an entry of ${what}`);
    if ('block' in section.map) return readBlock(section, reader);
    return readImport(section, reader) ?? included(section, reader) ?? readTask(section, reader);
  });
}

function readBlock(section: Section, reader: Reader): BlockStep {
  const { source, path, map } = section;
  refuseUnknown(section, BLOCK_KEYWORDS, 'a block');
  return {
    ...blockAround(section, reader.role),
    isWritten: true,
    block: readSteps(source, [...path, 'block'], map.block, reader),
    rescue: readSteps(source, [...path, 'rescue'], map.rescue, reader),
    always: readSteps(source, [...path, 'always'], map.always, reader),
  };
}

/** A block with all that a section says, and nothing in it. */
function blockAround(section: Section, role: Role | undefined): BlockStep {
  return {
    kind: 'block',
    ...inheritedOf(section),
    name: textOf(section, 'name'),
    at: section.source.at(section.path),
    role,
    when: conditionsOf(section, 'when'),
    notify: wordsOf(section, 'notify'),
    isWritten: false,
    whole: undefined,
    block: [],
    rescue: [],
    always: [],
  };
}

/** An include. What a fixed name stands for is read at once, so that what is not supported there is named now. */
function included(section: Section, reader: Reader): IncludeStep | undefined {
  const step = readInclude(section, reader, { tasks: includedTasks, role: includedRole, blockAround: aroundHere });
  if (step === undefined) return undefined;
  const { args } = step;
  const name = args.file ?? args.name ?? args.role;
  const isFixed = Object.values(args).every((value) => typeof value !== 'string' || !value.includes('{'));
  if (isFixed && typeof name === 'string' && isNew(step.what, name, reader)) step.open(args);
  return step;

  function aroundHere(inside: Section): BlockStep {
    return blockAround(inside, reader.role);
  }
}

/** Whether it is there, and not among those that brought this one in: those may end by a condition. */
function isNew(what: IncludeStep['what'], name: string, reader: Reader): boolean {
  if (what === 'role')
    return !reader.within.some((file) => file.includes(`/${name}/tasks/`)) && roleIsThere(reader, name);
  const found = placesOf(reader, name).find(isFile);
  return found !== undefined && !reader.within.includes(resolve(found));
}

function includedTasks(section: Section, file: string, reader: Reader): Included {
  const at = section.source.at(section.path);
  const places = placesOf(reader, file);
  const found = places.find(isFile);
  if (found === undefined) throw missing(`the file of tasks ${JSON.stringify(file)}`, places, at);
  const opened = openAgain(reader, found, 'the file of tasks', at);
  const steps = readSteps(opened.source, [], opened.source.value, opened.reader);
  return { label: resolve(found), steps, handlers: [], roles: [] };
}

function includedRole(section: Section, name: string, given: IncludeArguments, reader: Reader): Included {
  const { source, path } = section;
  const files: Record<string, string> = {};
  for (const [word, part] of Object.entries(FROM)) {
    if (typeof given[word] === 'string') files[part] = String(given[word]).replace(/\.ya?ml$/, '');
  }
  const fresh = { ...reader, within: [], ofRoles: { ...reader.ofRoles, roles: [], handlers: [] } };
  const opened = openRole(fresh, name, files, source.at(path));
  const { steps, role } = roleSteps(opened, { vars: {}, params: {} }, undefined, fresh);
  const whole = { ...blockAround({ source, path, map: {} }, reader.role), whole: role, block: steps };
  return { label: opened.name, steps: [whole], handlers: fresh.ofRoles.handlers, roles: fresh.ofRoles.roles };
}

/** Tasks of a role or of another file, in a block that says what the import says; undefined for another task. */
function readImport(section: Section, reader: Reader): BlockStep | undefined {
  const key = Object.keys(section.map).find((name) => ['import_tasks', 'import_role'].includes(bareName(name)));
  if (key === undefined) return undefined;
  for (const word of Object.keys(section.map)) {
    refuseNotYet(section, word);
    if (word === key || IMPORT_KEYWORDS.has(word)) continue;
    const hint = `Known: ${[...IMPORT_KEYWORDS].join(', ')}. What depends on a host's results needs include_tasks.`;
    throw invalid(section.source, [...section.path, word], `${bareName(key)} has no keyword \`${word}\``, hint);
  }
  const block = blockAround(section, reader.role);
  if (bareName(key) === 'import_tasks') return { ...block, block: importedTasks(section, key, reader) };
  const before = reader.ofRoles.handlers.length;
  const steps = importedRole(section, key, reader);
  wrapHandlers(reader, before, block);
  return { ...block, block: steps };
}

function importedTasks(section: Section, key: string, reader: Reader): Step[] {
  const { source, path } = section;
  const at = source.at([...path, key]);
  const name = fixedText(section, key, argumentsOf(section, key, 'file').file, 'file');
  const places = placesOf(reader, name);
  const found = places.find(isFile);
  if (found === undefined) throw missing(`the file of tasks ${JSON.stringify(name)}`, places, at);
  const opened = openWithin(reader, found, 'the file of tasks', at);
  return readSteps(opened.source, [], opened.source.value, opened.reader);
}

const FROM: Readonly<Record<string, keyof RoleFiles>> = {
  tasks_from: 'tasks',
  handlers_from: 'handlers',
  vars_from: 'vars',
  defaults_from: 'defaults',
};

function importedRole(section: Section, key: string, reader: Reader): Step[] {
  const given = argumentsOf(section, key, 'name');
  const files: Record<string, string> = {};
  for (const [word, value] of Object.entries(given)) {
    const part = FROM[word];
    if (part !== undefined) files[part] = fixedText(section, key, value, word).replace(/\.ya?ml$/, '');
    else if (!['name', 'role', 'allow_duplicates', 'public', 'rolespec_validate'].includes(word)) {
      throw invalid(
        section.source,
        [...section.path, key],
        `${bareName(key)} has no argument \`${word}\``,
        `Known: name, ${Object.keys(FROM).join(', ')}.`,
      );
    }
  }
  const name = fixedText(section, key, given.name ?? given.role, 'name');
  const opened = openRole(reader, name, files, section.source.at([...section.path, key]));
  return roleSteps(opened, { vars: {}, params: {} }, undefined, reader).steps;
}

/** The arguments of an import: a mapping, `k=v` words, or the one that its text stands for. */
function argumentsOf({ source, path, map }: Section, key: string, main: string): Variables {
  const given = map[key];
  if (isMapping(given)) return given;
  if (typeof given === 'string') {
    return freeWords(given) ?? { [main]: given.trim(), ...(isMapping(map.args) && map.args) };
  }
  throw invalid(source, [...path, key], `${bareName(key)} takes a name or a mapping`);
}

/** What is imported has to be known before anything runs. */
function fixedText({ source, path }: Section, key: string, value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '')
    throw invalid(source, [...path, key], `${bareName(key)} needs a ${what}`);
  if (!value.includes('{{')) return value;
  throw unsupported(source, [...path, key], `the ${what} of an import cannot be a template here`, 'Write its name.');
}

/** The roles of a play: each a block of its tasks. */
export function readRoles(source: SourceYaml, path: Path, value: unknown, reader: Reader): BlockStep[] {
  return listAt(source, path, value, 'roles').map((item, index) => readRole(source, [...path, index], item, reader));
}

function readRole(source: SourceYaml, path: Path, value: unknown, reader: Reader): BlockStep {
  const section = sectionAt(source, path, typeof value === 'string' ? { role: value } : value, 'a role');
  const { role: named, name: alsoNamed, ...words } = section.map;
  const name = fixedText(section, 'role', named ?? alsoNamed, 'name');
  const params: Record<string, unknown> = {};
  for (const [word, given] of Object.entries(words)) {
    refuseNotYet(section, word);
    if (TASK_KEYWORDS.has(word) && !IMPORT_KEYWORDS.has(word)) {
      const hint = 'Write it on the tasks of the role.';
      throw unsupported(source, [...path, word], `\`${word}\` of a role is not supported`, hint);
    }
    if (!IMPORT_KEYWORDS.has(word)) params[word] = given;
  }
  const opened = openRole(reader, name, {}, source.at(path));
  const { vars, ...around } = blockAround(section, reader.role);
  const block = { ...around, vars: {}, name: undefined };
  const before = reader.ofRoles.handlers.length;
  const { steps, role } = roleSteps(opened, { vars, params }, wordsKey(opened.path, words), reader);
  wrapHandlers(reader, before, block);
  return { ...block, whole: role, block: steps };
}

/** The same for the same words, in whatever order. */
function wordsKey(path: string, words: Variables): string {
  return JSON.stringify([path, ...Object.entries(words).sort(([one], [other]) => (one < other ? -1 : 1))]);
}

/**
 * The tasks of a role, after those of the roles that it depends on; its handlers join the play's.
 * @param words what it is used with: used again with the same, it is the same role, and brings no handlers more
 */
function roleSteps(
  opened: OpenRole,
  own: { vars: Variables; params: Variables },
  words: string | undefined,
  reader: Reader,
): { steps: Step[]; role: Role } {
  const { byWords, roles, handlers } = reader.ofRoles;
  const before = roles.length;
  const needed = neededSteps(opened, own, reader);
  const known = words === undefined ? undefined : byWords.get(words);
  const role = known ?? roleWith(opened, roles.slice(before), own, reader.inherited);
  if (words !== undefined) byWords.set(words, role);
  if (known === undefined) {
    roles.push(role);
    const { handlers: file } = opened;
    const steps = file === undefined ? [] : readSteps(file.source, [], file.source.value, { ...file.reader, role });
    handlers.push(...steps.flatMap(handlersOf));
  }
  const { tasks } = opened;
  const steps = tasks === undefined ? [] : readSteps(tasks.source, [], tasks.source.value, { ...tasks.reader, role });
  const held = opened.spec === undefined ? [] : [specTask(opened, opened.spec, own.params, { ...reader, role })];
  return { steps: [...needed, ...held, ...steps], role };
}

/** The task that holds a role's variables against what it wants, before its other tasks. */
function specTask(
  opened: OpenRole,
  { source, path, options, title }: RoleSpec,
  params: Variables,
  reader: Reader,
): Step {
  const context = { name: opened.name, type: 'role', path: opened.path };
  const args = { argument_spec: options, provided_arguments: params, validate_args_context: context };
  return readTask({ source, path, map: { name: title, validate_argument_spec: args, tags: 'always' } }, reader);
}

function neededSteps(
  { meta, path: folder, defaults, vars }: OpenRole,
  own: { vars: Variables; params: Variables },
  reader: Reader,
): Step[] {
  if (meta === undefined || !isMapping(meta.source.value)) return [];
  const inherited = {
    defaults: { ...reader.inherited.defaults, ...defaults },
    vars: { ...reader.inherited.vars, ...own.vars, ...vars },
    params: { ...reader.inherited.params, ...own.params },
  };
  const inside = { ...meta.reader, role: reader.role, folder, inherited };
  return readRoles(meta.source, ['dependencies'], meta.source.value.dependencies, inside);
}

/** What is said of a role holds for the handlers that it brought, too. */
function wrapHandlers({ ofRoles: { handlers } }: Reader, from: number, block: BlockStep): void {
  handlers.splice(from, handlers.length, ...handlers.slice(from).map((handler) => inBlock(block, handler)));
}

/**
 * Handlers one by one, each with what the imports around it say.
 * @throws FixError `playbook/unsupported` for a block that somebody wrote among them, as with Ansible
 */
export function handlersOf(step: Step): Handler[] {
  if (step.kind !== 'block') return [step];
  if (step.isWritten) {
    throw new FixError('playbook/unsupported', 'a block among the handlers is not supported', {
      hint: 'Write its tasks as handlers that listen to one name.',
      at: step.at,
    });
  }
  return step.block.flatMap(handlersOf).map((handler) => inBlock(step, handler));
}

/** A task with the words of a block around it, its own over them. */
function inBlock<H extends Handler>(block: BlockStep, task: H): H {
  const { vars, tags } = block;
  const inherited = Object.keys(inheritedWords(block)) as (keyof Inherited)[];
  const words = Object.fromEntries(inherited.map((key) => [key, task[key] ?? block[key]]));
  return {
    ...task,
    ...words,
    vars: { ...vars, ...task.vars },
    tags: [...tags, ...task.tags],
    environment: [...block.environment, ...task.environment],
    moduleDefaults: [...block.moduleDefaults, ...task.moduleDefaults],
    when: [...block.when, ...task.when],
    notify: [...block.notify, ...task.notify],
  };
}

function inheritedWords({
  kind,
  name,
  at,
  role,
  when,
  notify,
  block,
  rescue,
  always,
  isWritten,
  whole,
  ...inherited
}: BlockStep): Inherited {
  return inherited;
}
