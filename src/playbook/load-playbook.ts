import { dirname, resolve } from 'node:path';
import { bareName } from '../core/module-names.js';
import { readText } from '../core/read-text.js';
import { readYaml } from '../core/read-yaml.js';
import type { VaultReader } from '../core/vault.js';
import { handlersOf } from './blocks.js';
import { PLAY_KEYWORDS } from './keywords.js';
import { ORDERS, type Play, type Playbook, type Prompt, STRATEGIES, type TaskStep } from './play.js';
import {
  conditionsOf,
  inheritedOf,
  invalid,
  listAt,
  type Path,
  type Section,
  sectionAt,
  textOf,
  unsupported,
  wordsOf,
} from './read-keywords.js';
import { readRoles } from './read-roles.js';
import { readSteps } from './read-steps.js';
import { readTask, refuseUnknown } from './read-task.js';
import {
  isFile,
  type KnowsModule,
  missing,
  NOTHING_INHERITED,
  noRoles,
  type Opened,
  openWithin,
  type Reader,
} from './reader.js';

/**
 * Reads a playbook file. All of it is checked, so that what is not supported is named before anything runs.
 *
 * @param knows whether a module of a name exists
 * @param rolesPath folders of roles besides the playbook's own
 * @param vault opens a file, and values in it, that are encrypted with ansible-vault
 * @throws FixError `file/missing`, `yaml/syntax`, `playbook/invalid`, `playbook/unsupported`, each with its place
 */
export function loadPlaybook(
  file: string,
  knows: KnowsModule,
  vault?: VaultReader,
  rolesPath?: readonly string[],
): Playbook {
  return readPlaybook(readText(file, 'the playbook'), file, knows, vault, rolesPath);
}

/** The same from text. */
export function readPlaybook(
  text: string,
  file: string,
  knows: KnowsModule,
  vault?: VaultReader,
  rolesPath?: readonly string[],
): Playbook {
  const folder = dirname(file);
  const reader = {
    knows,
    vault,
    rolesPath,
    playbookFolder: folder,
    folder,
    role: undefined,
    inherited: NOTHING_INHERITED,
    within: [resolve(file)],
    parents: [],
    ofRoles: noRoles(),
  };
  const source = readYaml(text, file, vault);
  const plays = readPlays({ source, reader });
  if (plays.length === 0)
    throw invalid(source, [], 'this playbook has no plays', 'Start each play with `- hosts: ...`.');
  return { file, plays };
}

function readPlays({ source, reader }: Opened): Play[] {
  if (!Array.isArray(source.value)) {
    throw invalid(source, [], 'a playbook is a list of plays', 'Start each play with `- hosts: ...`.');
  }
  return source.value.flatMap((value, index) => {
    const section = sectionAt(source, [index], value, 'a play');
    const key = Object.keys(section.map).find((name) => bareName(name) === 'import_playbook');
    return key === undefined ? [readPlay(section, reader)] : importedPlays(section, key, reader);
  });
}

/** The plays of another playbook, each with what the import says. */
function importedPlays(section: Section, key: string, reader: Reader): Play[] {
  const { source, path, map } = section;
  const known = ['name', 'vars', 'tags', 'when'];
  const stranger = Object.keys(map).find((word) => word !== key && !known.includes(word));
  if (stranger !== undefined) {
    throw invalid(
      source,
      [...path, stranger],
      `import_playbook has no keyword \`${stranger}\``,
      `Known: ${known.join(', ')}.`,
    );
  }
  const name = textOf(section, key) ?? '';
  if (name.includes('{{'))
    throw unsupported(
      source,
      [...path, key],
      'the file of import_playbook cannot be a template here',
      'Write its name.',
    );
  const file = resolve(reader.folder, name);
  if (!isFile(file)) throw missing(`the playbook ${JSON.stringify(name)}`, [file], source.at([...path, key]));
  const { vars, tags } = inheritedOf(section);
  const when = conditionsOf(section, 'when');
  return readPlays(openWithin(reader, file, 'the playbook', source.at([...path, key]))).map((play) => ({
    ...play,
    vars: { ...play.vars, ...vars },
    tags: [...play.tags, ...tags],
    when: [...when, ...play.when],
  }));
}

function readPlay(section: Section, outer: Reader): Play {
  const { source, path, map } = section;
  refuseUnknown(section, PLAY_KEYWORDS, 'a play');
  const hosts = wordsOf(section, 'hosts').join(',');
  if (hosts === '') throw invalid(source, path, 'this play names no hosts', 'Add `hosts: all`, or a group.');
  const reader: Reader = { ...outer, ofRoles: noRoles() };
  const stepsOf = (part: string) => readSteps(source, [...path, part], map[part], reader);
  const before = stepsOf('pre_tasks');
  const roles = readRoles(source, [...path, 'roles'], map.roles, reader);
  const main = [...roles, ...stepsOf('tasks')];
  const after = stepsOf('post_tasks');
  // What was notified is done before the next part begins, as with Ansible.
  const flush = readTask({ source, path, map: { meta: 'flush_handlers', tags: 'always' } }, reader);
  const parts = [before, main, after].filter((part) => part.length > 0);
  const steps = parts.flatMap((part, index) => (index === 0 ? part : [flush, ...part]));
  const handlers = stepsOf('handlers').flatMap(handlersOf);
  return {
    ...inheritedOf(section),
    name: textOf(section, 'name') ?? hosts,
    at: source.at(path),
    when: [],
    hosts,
    serial: map.serial,
    maxFailPercentage: map.max_fail_percentage,
    gatherFacts: map.gather_facts,
    forceHandlers: map.force_handlers,
    order: oneOf(section, 'order', ORDERS),
    strategy: oneOf(section, 'strategy', STRATEGIES),
    gather: outer.knows('setup') ? gatherTask(section, reader) : undefined,
    prompts: readPrompts(section),
    varsFiles: filesOf(section),
    folder: outer.folder,
    steps,
    handlers: [...reader.ofRoles.handlers, ...handlers],
    roles: reader.ofRoles.roles,
    roleNames: reader.ofRoles.names,
  };
}

/** Files of variables; an entry may name several, of which the first that is there counts. */
function filesOf(section: Section): (string | readonly string[])[] {
  const given = section.map.vars_files;
  if (!Array.isArray(given)) return wordsOf(section, 'vars_files');
  return given.map((entry, index) => {
    const place = [...section.path, 'vars_files'];
    const words = wordsOf({ source: section.source, path: place, map: { [index]: entry } }, String(index));
    return Array.isArray(entry) ? words : (words[0] as string);
  });
}

/** One of several words; the first where nothing is said. */
function oneOf<W extends string>(section: Section, key: string, words: readonly [W, ...W[]]): W {
  const given = bareName(textOf(section, key) ?? words[0]);
  const found = words.find((word) => word === given);
  if (found !== undefined) return found;
  const what = `the ${key} \`${given}\` is not supported`;
  throw unsupported(section.source, [...section.path, key], what, `Known: ${words.join(', ')}.`);
}

function gatherTask({ source, path, map }: Section, reader: Reader): TaskStep {
  const { gather_subset, gather_timeout, fact_path } = map;
  const given = Object.entries({ gather_subset, gather_timeout, fact_path }).filter(([, value]) => value !== undefined);
  return readTask(
    { source, path, map: { name: 'Gathering Facts', setup: Object.fromEntries(given), tags: 'always' } },
    reader,
  );
}

const PROMPT_WORDS = ['name', 'prompt', 'default', 'private', 'confirm', 'unsafe', 'encrypt', 'salt', 'salt_size'];
const HASHES = ['sha512_crypt', 'sha256_crypt', 'md5_crypt', 'sha512', 'sha256', 'md5'];

function readPrompts({ source, path, map }: Section): Prompt[] {
  return listAt(source, [...path, 'vars_prompt'], map.vars_prompt, 'vars_prompt').map((item, index) => {
    const place = [...path, 'vars_prompt', index];
    const section = sectionAt(source, place, item, 'an entry of vars_prompt');
    const stranger = Object.keys(section.map).find((word) => !PROMPT_WORDS.includes(word));
    if (stranger !== undefined) {
      const hint = `Known: ${PROMPT_WORDS.join(', ')}.`;
      throw unsupported(source, [...place, stranger], `vars_prompt.${stranger} is not supported`, hint);
    }
    const name = textOf(section, 'name');
    if (name === undefined) throw invalid(source, place, 'an entry of vars_prompt needs a name');
    const isOn = (word: string, otherwise: boolean) => {
      const said = textOf(section, word);
      return said === undefined ? otherwise : /^(yes|true|on|1|y|t)$/i.test(said);
    };
    return {
      name,
      text: textOf(section, 'prompt') ?? name,
      isPrivate: isOn('private', true),
      confirm: isOn('confirm', false),
      otherwise: section.map.default,
      encrypt: readEncrypt(section, place),
    };
  });
}

function readEncrypt(section: Section, place: Path): Prompt['encrypt'] {
  const [kind, salt, size] = ['encrypt', 'salt', 'salt_size'].map((word) => textOf(section, word));
  if (kind === undefined) return undefined;
  if (!HASHES.includes(kind)) {
    const hint = `Known: ${HASHES.join(', ')}.`;
    throw unsupported(section.source, [...place, 'encrypt'], `vars_prompt.encrypt: ${kind} is not supported`, hint);
  }
  return { kind, ...(salt !== undefined && { salt }), ...(size !== undefined && { saltSize: Number(size) }) };
}
