import { FixError } from '../core/error.js';
import type { BlockStep, Handler, Inherited, Role, Step } from './play.js';
import { conditionsOf, inheritedOf, type Section, textOf, wordsOf } from './read-keywords.js';

/** A block with all that a section says, and nothing in it. */
export function blockAround(section: Section, role: Role | undefined): BlockStep {
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
export function inBlock<H extends Handler>(block: BlockStep, task: H): H {
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
