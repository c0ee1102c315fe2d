import type { HostStates, Verdict } from '../engine/verdict.js';
import { hostList } from './host-list.js';
import type { Paint, Tone } from './paint.js';
import { wrap } from './wrap.js';

const STATES: readonly { readonly key: keyof HostStates; readonly words: string; readonly tone: Tone }[] = [
  { key: 'changed', words: 'changed', tone: 'good' },
  { key: 'putBack', words: 'put back as before', tone: 'warn' },
  { key: 'failed', words: 'failed', tone: 'bad' },
  { key: 'unreachable', words: 'unreachable', tone: 'bad' },
  { key: 'untouched', words: 'not touched', tone: 'dim' },
];

/** Where each host stands, after a run that did not end well. */
export function statesText({ kind, states }: Verdict, { paint, width }: { paint: Paint; width: number }): string[] {
  if (kind !== 'failed' && kind !== 'partly-applied' && kind !== 'interrupted') return [];
  const lines = STATES.filter(({ key }) => states[key].length > 0).flatMap(({ key, words, tone }) =>
    wrap(`  ${paint(tone, words)}: ${hostList(states[key], width - words.length - 6)}`, width, 4),
  );
  return [...lines, ''];
}
