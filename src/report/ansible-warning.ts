import { printableLine } from '../core/text.js';
import { wrapped } from '../template/text-wrap.js';

/** A warning as Ansible prints it: `[WARNING]: ...`, in lines of that width. */
export function warningText(message: string, width: number): string {
  const words = printableLine(`[WARNING]: ${message.replaceAll(/\s/g, ' ')}`, 4000);
  return wrapped(words, { width, long: true, hyphens: true }).join('\n');
}
