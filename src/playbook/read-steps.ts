import { resolve } from 'node:path';
import { bareName } from '../core/module-names.js';
import type { SourceYaml } from '../core/yaml.js';
import { blockAround } from './blocks.js';
import { BLOCK_KEYWORDS, IMPORT_KEYWORDS } from './keywords.js';
import { openRole, roleIsThere } from './open-role.js';
import type { BlockStep, IncludeArguments, Included, IncludeStep, Step, Variables } from './play.js';
import { readInclude } from './read-include.js';
import { invalid, isMapping, listAt, type Path, type Section, sectionAt } from './read-keywords.js';
import { FROM, fixedText, roleSteps, wrapHandlers } from './read-roles.js';
import { freeWords, readTask, refuseNotYet, refuseUnknown } from './read-task.js';
import { isFile, missing, openAgain, openWithin, placesOf, type Reader, withinRole } from './reader.js';

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
  const fresh = { ...withinRole(reader), within: [], ofRoles: { ...reader.ofRoles, roles: [], handlers: [] } };
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
  const inside = withinRole(reader);
  const opened = openRole(inside, name, files, section.source.at([...section.path, key]));
  const { steps } = roleSteps(opened, { vars: {}, params: {} }, undefined, inside);
  reader.ofRoles.names.used.push(opened.name);
  return steps;
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
