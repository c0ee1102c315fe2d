import { styleText } from 'node:util';

export type Tone = 'good' | 'bad' | 'warn' | 'dim' | 'strong' | 'added' | 'removed' | 'place';

/** Colours a text, or leaves it as it is. */
export type Paint = (tone: Tone, text: string) => string;

const STYLES = {
  good: 'green',
  bad: 'red',
  warn: 'yellow',
  dim: 'dim',
  strong: 'bold',
  added: 'green',
  removed: 'red',
  place: 'cyan',
} as const;

export const plain: Paint = (_, text) => text;

export const coloured: Paint = (tone, text) => styleText(STYLES[tone], text, { validateStream: false });
