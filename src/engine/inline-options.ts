import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';

/** A term in Ansible's old form: `key option=value option='a value'`. @throws FixError `template/failed` */
export function inlineOptions(
  lookup: string,
  term: string,
  known: readonly string[],
): { key: string; options: Readonly<Record<string, string>> } {
  const words = term.match(/(?:[^\s"']|"[^"]*"|'[^']*'|["'])+/g) ?? [];
  const options: Record<string, string> = {};
  const rest: string[] = [];
  for (const word of words) {
    const [, name, value] = /^(\w+)=([\s\S]*)$/.exec(word) ?? [];
    if (name === undefined || value === undefined) rest.push(word);
    else if (known.includes(name)) options[name] = value.replace(/^(['"])([\s\S]*)\1$/, '$2');
    else throw bad(`the lookup '${lookup}' has no option '${printableLine(name, 40)}'`);
  }
  if (rest.length === 0) throw bad(`the lookup '${lookup}' needs something to look for`);
  return { key: words.length === rest.length ? term : rest.join(' '), options };
}

function bad(message: string): FixError {
  return new FixError('template/failed', message, { hint: 'Write options by name: lookup(..., option=value).' });
}
