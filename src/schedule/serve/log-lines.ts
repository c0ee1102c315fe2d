import { masked } from '../../core/mask.js';
import { jsonWithoutControls } from '../../core/printable.js';
import { printableLine } from '../../core/text.js';
import type { Log } from './ports.js';

/**
 * A log of one line an event: `2026-03-01T10:00:00Z prod: check ended, status 0, ...`, or JSON.
 *
 * @param now milliseconds since 1970
 */
export function logLines(write: (line: string) => void, isJson: boolean, now: () => number): Log {
  return (event, what) => {
    const at = new Date(now()).toISOString();
    write(isJson ? jsonLine(at, event, what) : textLine(at, event, what));
  };
}

type What = Parameters<Log>[1];

function jsonLine(at: string, event: string, what: What): string {
  return `${jsonWithoutControls(masked(JSON.stringify({ at, event, ...what })))}\n`;
}

function textLine(at: string, event: string, { cluster, ...what }: What): string {
  const parts = Object.entries(what)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => (name === 'line' || name === 'why' ? `${value}` : `${name} ${value}`));
  const head = cluster === undefined ? event : `${cluster}: ${event}`;
  return `${at.slice(0, 19)}Z ${printableLine([head, ...parts].join(', '), 600)}\n`;
}
