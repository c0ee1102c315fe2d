import { printableLine } from '../core/text.js';
import type { RunSettings } from '../engine/run.js';
import { runsWithTags } from '../engine/tags.js';
import { type Inventory, limitHosts, matchHosts } from '../inventory/index.js';
import { type Play, type Step, stepTitle } from '../playbook/play.js';

/** What of a playbook is listed, instead of being run. */
export interface Listing {
  readonly hosts: boolean;
  readonly tasks: boolean;
  readonly tags: boolean;
}

type Settings = Pick<RunSettings, 'playbook' | 'inventory' | 'limit' | 'tags' | 'skipTags'>;

/** A playbook's plays with their hosts, tasks and tags, laid out as ansible-playbook does. */
export function listingLines(settings: Settings, listing: Listing): string[] {
  const { playbook } = settings;
  const isBare = !listing.hosts && !listing.tasks && !listing.tags;
  const plays = isBare ? [] : playbook.plays.flatMap((play, index) => playLines(play, index + 1, settings, listing));
  return ['', `playbook: ${printableLine(playbook.file)}`, ...plays];
}

/** The hosts of a single task, laid out as ansible does. */
export function adHocHosts(settings: Settings): string[] {
  const hosts = settings.playbook.plays.flatMap((play) => hostsOf(play, settings));
  return hostLines(hosts, '  ');
}

function hostLines(hosts: readonly string[], indent: string): string[] {
  return [`${indent}hosts (${hosts.length}):`, ...hosts.map((host) => `${indent}  ${printableLine(host)}`)];
}

function playLines(play: Play, number: number, settings: Settings, listing: Listing): string[] {
  const tags = [...new Set(play.tags)].sort();
  const lines = [
    '',
    `  play #${number} (${printableLine(play.hosts)}): ${printableLine(play.name)}\tTAGS: [${tags.join(',')}]`,
  ];
  if (listing.hosts) {
    const hosts = hostsOf(play, settings);
    lines.push(
      `    pattern: [${play.hosts
        .split(',')
        .map((part) => `'${printableLine(part)}'`)
        .join(', ')}]`,
    );
    lines.push(...hostLines(hosts, '    '));
  }
  const steps = play.steps
    .flatMap((step) => tasksOf(step, play.tags))
    .filter((task) => runsWithTags(task.tags, settings));
  if (listing.tasks) {
    lines.push('    tasks:');
    for (const task of steps) lines.push(`      ${printableLine(task.name)}\tTAGS: [${task.tags.join(', ')}]`);
  }
  if (listing.tags) {
    const all = [...new Set(steps.flatMap((task) => task.tags))].sort();
    lines.push(`      TASK TAGS: [${all.join(', ')}]`);
  }
  return lines;
}

function hostsOf(play: Play, { inventory, limit }: { inventory: Inventory; limit: string | undefined }): string[] {
  const matched = matchHosts(inventory, play.hosts);
  return (limit === undefined ? matched : limitHosts(inventory, matched, limit)).map(({ name }) => name);
}

interface Listed {
  readonly name: string;
  readonly tags: readonly string[];
}

function tasksOf(step: Step, outer: readonly string[]): Listed[] {
  const tags = [...new Set([...outer, ...step.tags])].sort();
  if (step.kind === 'block')
    return [...step.block, ...step.rescue, ...step.always].flatMap((one) => tasksOf(one, tags));
  if (step.kind === 'task' && step.module === 'meta') return [];
  const title = stepTitle(step);
  return [{ name: title, tags }];
}
