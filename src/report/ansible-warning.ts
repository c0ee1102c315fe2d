import { printableLine } from '../core/text.js';
import { wrapped } from '../template/text-wrap.js';
import type { AnsiblePaint } from './ansible-paint.js';

interface WarningSettings {
  readonly write: (line: string, to: 'out' | 'err') => void;
  readonly width: number;
  readonly paint: AnsiblePaint;
}

/** Writes warnings as Ansible does, `[WARNING]: ...` in lines of that width; the same one once. */
export function warner({ write, width, paint }: WarningSettings): (message: string) => void {
  const told = new Set<string>();
  return (message) => {
    if (told.has(message)) return;
    told.add(message);
    const words = printableLine(`[WARNING]: ${message.replaceAll(/\s/g, ' ')}`, 4000);
    const text = wrapped(words, { width, long: true, hyphens: true }).join('\n');
    for (const line of paint('warning', text).split('\n')) write(line, 'err');
  };
}
