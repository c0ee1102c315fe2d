import { FixError } from '../core/error.js';
import { nearest } from '../core/nearest.js';
import { printableLine } from '../core/text.js';
import { type Play, type Playbook, type Step, stepName, stepTitle } from './play.js';

/** What holds for plays that say nothing of it. */
export interface PlayDefaults {
  readonly become?: boolean | undefined;
  readonly becomeUser?: string | undefined;
  readonly becomeMethod?: string | undefined;
  readonly connection?: string | undefined;
  readonly remoteUser?: string | undefined;
  readonly forceHandlers?: boolean | undefined;
  readonly anyErrorsFatal?: boolean | undefined;
  readonly noLog?: boolean | undefined;
  readonly timeout?: number | undefined;
}

/** A playbook whose plays say what holds where they said nothing. */
export function withDefaults(playbook: Playbook, defaults: PlayDefaults): Playbook {
  const names = Object.keys(defaults) as (keyof PlayDefaults)[];
  const filled = (play: Play) => ({
    ...play,
    ...Object.fromEntries(names.map((name) => [name, play[name] ?? defaults[name]])),
  });
  return { ...playbook, plays: playbook.plays.map(filled) };
}

/**
 * A playbook without the tasks before the first one of this name (or glob); what stands around it stays.
 * @throws FixError `cli/usage` where no task has that name
 */
export function withoutTasksBefore(playbook: Playbook, name: string): Playbook {
  const names: string[] = [];
  const pattern = new RegExp(`^${name.split('*').map(escaped).join('.*')}$`, 's');
  let found = false;
  const begin = (steps: readonly Step[]): Step[] =>
    steps.flatMap((step): Step[] => {
      if (found) return [step];
      if (step.kind === 'block') {
        const block = begin(step.block);
        return found ? [{ ...step, block }] : [];
      }
      names.push(stepName(step));
      const title = stepTitle(step);
      found = pattern.test(stepName(step)) || pattern.test(title);
      return found ? [step] : [];
    });
  const plays = playbook.plays.flatMap((play) => {
    const steps = begin(play.steps);
    return found ? [{ ...play, steps }] : [];
  });
  if (found) return { ...playbook, plays };
  const near = nearest(name, names).map((one) => printableLine(one, 80));
  throw new FixError('cli/usage', `no task is called ${printableLine(name, 80)}`, {
    hint: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'See `--list-tasks`.',
  });
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
