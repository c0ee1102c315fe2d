import { neverShow } from './mask.js';
import { looksSecret } from './secret-names.js';
import { TaggedText } from './yaml-data.js';

/**
 * Masks from here on what stands under secret names, however deep; below such a name, all of it.
 * A template is passed over: it shows where a secret comes from, and its value is met when it is rendered.
 *
 * @param isSecret which names count
 */
export function hideSecrets(vars: unknown, isSecret: (name: string) => boolean = looksSecret): void {
  const seen = new Set<unknown>();
  const visit = (value: unknown, isHidden: boolean): void => {
    if (isHidden && isLeaf(value)) hideLeaf(String(value));
    if (value instanceof TaggedText || typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    for (const [name, item] of Object.entries(value)) {
      visit(item, isHidden || (!Array.isArray(value) && isSecret(name)));
    }
  };
  visit(vars, false);
}

function isLeaf(value: unknown): boolean {
  if (value instanceof TaggedText) return value.tag === '!unsafe';
  return typeof value === 'string' || typeof value === 'number';
}

function hideLeaf(text: string): void {
  if (!text.includes('{{')) neverShow(text);
}
