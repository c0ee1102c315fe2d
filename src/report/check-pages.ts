import type { Check } from '../diagnose/check.js';
import { wrap } from './wrap.js';

/** A line for each check: id, severity, title. */
export function checkList(checks: readonly Check[]): string[] {
  const width = Math.max(0, ...checks.map(({ id }) => id.length));
  return checks.map(({ id, severity, title }) => `${id.padEnd(width)}  ${severity.padEnd('error'.length)}  ${title}`);
}

/**
 * All that a person is told of a check.
 * @param width columns; commands are never broken, so that they can be copied
 */
export function checkPage({ id, title, severity, about, page }: Check, width: number): string[] {
  const head = wrap(`${id} ${title} (${severity})`, width, 0);
  if (page === undefined) return [...head, '', ...wrap(about, width, 0)];
  const { reads, why, byHand, mend, task, causes = [] } = page;
  return [
    ...head,
    ...section(
      'Why it matters',
      [about, why].flatMap((text) => wrap(`  ${text}`, width, 2)),
    ),
    ...section('What is read', items(reads, width)),
    ...section(
      'How to see it by hand',
      byHand.map((line) => `  ${line}`),
    ),
    ...section('How to mend it', [
      ...wrap(`  ${mend}`, width, 2),
      ...(task === undefined ? [] : wrap(`  Task of the shipped playbook: ${task}`, width, 2)),
    ]),
    ...(causes.length === 0 ? [] : section('Causes that it names', items(causes, width))),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return ['', title, ...lines];
}

function items(texts: readonly string[], width: number): string[] {
  return texts.flatMap((text) => wrap(`  - ${text}`, width, 4));
}
