import { FixError } from '../core/error.js';
import { readText } from '../core/read-text.js';
import { readYaml } from '../core/read-yaml.js';
import type { VaultReader } from '../core/vault.js';
import type { SourceYaml } from '../core/yaml.js';
import { PLAY_KEYWORDS } from './keywords.js';
import type { Play, Playbook, TaskStep } from './play.js';
import {
  inheritedOf,
  invalid,
  type Path,
  type Section,
  sectionAt,
  textOf,
  unsupported,
  wordsOf,
} from './read-keywords.js';
import { type KnowsModule, readSteps, refuseUnknown } from './read-task.js';

/**
 * Reads a playbook file. All of it is checked, so that what is not supported is named before anything runs.
 *
 * @param knows whether a module of a name exists
 * @param vault opens a file, and values in it, that are encrypted with ansible-vault
 * @throws FixError `file/missing`, `yaml/syntax`, `playbook/invalid`, `playbook/unsupported`, each with its place
 */
export function loadPlaybook(file: string, knows: KnowsModule, vault?: VaultReader): Playbook {
  return readPlaybook(readText(file, 'the playbook'), file, knows, vault);
}

/** The same from text. */
export function readPlaybook(text: string, file: string, knows: KnowsModule, vault?: VaultReader): Playbook {
  const source = readYaml(text, file, vault);
  if (!Array.isArray(source.value)) {
    throw invalid(source, [], 'a playbook is a list of plays', 'Start each play with `- hosts: ...`.');
  }
  const plays = source.value.map((value, index) => readPlay(source, [index], value, knows));
  if (plays.length === 0)
    throw invalid(source, [], 'this playbook has no plays', 'Start each play with `- hosts: ...`.');
  return { file, plays };
}

function readPlay(source: SourceYaml, path: Path, value: unknown, knows: KnowsModule): Play {
  const section = sectionAt(source, path, value, 'a play');
  refuseUnknown(section, PLAY_KEYWORDS, 'a play');
  const { map } = section;
  refuseStrategy(section);
  const hosts = wordsOf(section, 'hosts').join(',');
  if (hosts === '') throw invalid(source, path, 'this play names no hosts', 'Add `hosts: all`, or a group.');
  const steps = ['pre_tasks', 'tasks', 'post_tasks'].flatMap((part) =>
    readSteps(source, [...path, part], map[part], knows),
  );
  return {
    ...inheritedOf(section),
    name: textOf(section, 'name') ?? hosts,
    at: source.at(path),
    hosts,
    serial: map.serial,
    maxFailPercentage: map.max_fail_percentage,
    gatherFacts: map.gather_facts,
    forceHandlers: map.force_handlers,
    order: textOf(section, 'order') ?? 'inventory',
    varsFiles: wordsOf(section, 'vars_files'),
    steps,
    handlers: readSteps(source, [...path, 'handlers'], map.handlers, knows).map((step) => asHandler(source, step)),
  };
}

function asHandler(source: SourceYaml, step: ReturnType<typeof readSteps>[number]): TaskStep {
  if (step.kind === 'task') return step;
  throw new FixError('playbook/unsupported', 'a block among the handlers is not supported', {
    hint: 'Write its tasks as handlers that listen to one name.',
    at: step.at || source.at([]),
  });
}

function refuseStrategy(section: Section): void {
  const strategy = textOf(section, 'strategy') ?? 'linear';
  if (strategy === 'linear') return;
  const place = [...section.path, 'strategy'];
  throw unsupported(section.source, place, `the strategy \`${strategy}\` is not supported yet`, 'Use `linear`.');
}
