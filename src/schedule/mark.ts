import { jsonWithoutControls } from '../core/printable.js';
import type { ScheduleMark } from './schedule.js';

const LEAD = '# fix-flannel-schedule: ';

/** The first line of a unit of ours. */
export function markLine(mark: ScheduleMark): string {
  const { name, inventory, state } = mark;
  return `${LEAD}${jsonWithoutControls(JSON.stringify({ name, inventory, state }))}`;
}

/** What the first line of a unit says, where it is one of ours. */
export function markOf(text: string): ScheduleMark | undefined {
  const line = text.slice(0, 16_384).split('\n', 1)[0] as string;
  if (!line.startsWith(LEAD)) return undefined;
  try {
    const read: unknown = JSON.parse(line.slice(LEAD.length));
    if (typeof read !== 'object' || read === null) return undefined;
    const { name, inventory, state } = read as Record<string, unknown>;
    if (typeof name !== 'string' || typeof inventory !== 'string' || typeof state !== 'string') return undefined;
    return { name, inventory, state };
  } catch {
    return undefined;
  }
}
