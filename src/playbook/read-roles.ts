import { bareName } from '../core/module-names.js';
import type { SourceYaml } from '../core/yaml.js';
import { blockAround, handlersOf, inBlock } from './blocks.js';
import { IMPORT_KEYWORDS, TASK_KEYWORDS } from './keywords.js';
import { type OpenRole, openRole, type RoleFiles, type RoleSpec, roleWith } from './open-role.js';
import type { BlockStep, Role, RoleNames, Step, Variables } from './play.js';
import { invalid, isMapping, listAt, type Path, type Section, sectionAt, unsupported } from './read-keywords.js';
import { readSteps } from './read-steps.js';
import { readTask, refuseNotYet } from './read-task.js';
import type { Reader } from './reader.js';

export const FROM: Readonly<Record<string, keyof RoleFiles>> = {
  tasks_from: 'tasks',
  handlers_from: 'handlers',
  vars_from: 'vars',
  defaults_from: 'defaults',
};

/** What is imported has to be known before anything runs. */
export function fixedText({ source, path }: Section, key: string, value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '')
    throw invalid(source, [...path, key], `${bareName(key)} needs a ${what}`);
  if (!value.includes('{{')) return value;
  throw unsupported(source, [...path, key], `the ${what} of an import cannot be a template here`, 'Write its name.');
}

/** The roles of a play: each a block of its tasks. */
export function readRoles(
  source: SourceYaml,
  path: Path,
  value: unknown,
  reader: Reader,
  use: keyof RoleNames = 'used',
): BlockStep[] {
  return listAt(source, path, value, 'roles').map((item, index) =>
    readRole(source, [...path, index], item, reader, use),
  );
}

function readRole(source: SourceYaml, path: Path, value: unknown, reader: Reader, use: keyof RoleNames): BlockStep {
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
  reader.ofRoles.names[use].push(role.name);
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
export function roleSteps(
  opened: OpenRole,
  own: { vars: Variables; params: Variables },
  words: string | undefined,
  reader: Reader,
): { steps: Step[]; role: Role } {
  const { byWords, roles, handlers } = reader.ofRoles;
  const before = roles.length;
  const needed = neededSteps(opened, own, reader);
  const known = words === undefined ? undefined : byWords.get(words);
  const role = known ?? roleWith(opened, roles.slice(before), own, reader);
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
  return readRoles(meta.source, ['dependencies'], meta.source.value.dependencies, inside, 'needed');
}

/** What is said of a role holds for the handlers that it brought, too. */
export function wrapHandlers({ ofRoles: { handlers } }: Reader, from: number, block: BlockStep): void {
  handlers.splice(from, handlers.length, ...handlers.slice(from).map((handler) => inBlock(block, handler)));
}
