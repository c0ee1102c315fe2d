import { type FixError, messageOf } from '../core/error.js';
import { hideSecrets } from '../core/hide-secrets.js';
import { looksSecret } from '../core/secret-names.js';
import { printableLine } from '../core/text.js';
import { splitWords } from '../core/words.js';
import { type Draft, setGroupVariables, setVariables } from './draft.js';
import { readHostNames } from './host-names.js';
import { invalidAt } from './invalid.js';
import { literalOrText } from './python-literal.js';

const SECTION = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/;
const CHILD = /^([^:\]\s]+)\s*(?:#.*)?$/;
const KINDS = ['hosts', 'vars', 'children'];

/** What stands in a file before what it needs: it has to be there by the end. */
interface Pending {
  readonly group: string;
  readonly at: string;
  readonly section: string;
  readonly kind: 'vars' | 'children';
}

/**
 * Reads an INI inventory into a draft: `[group]` with a host and its `key=value` variables on each line,
 * `[group:vars]` with a variable and `[group:children]` with a group on each line.
 *
 * @throws FixError `inventory/invalid`, with place and mend
 * @see ansible-core 2.14 `plugins/inventory/ini.py`
 */
export function readIniInventory(text: string, file: string, draft: Draft): void {
  const pending: Pending[] = [];
  const declared = new Set(draft.groups.keys());
  let section = 'ungrouped';
  let kind = 'hosts';
  for (const [index, written] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const line = written.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const at = `${file}:${index + 1}:${written.length - written.trimStart().length + 1}`;
    const head = SECTION.exec(line);
    if (head !== null) {
      [section, kind] = [head[1] as string, head[2] ?? 'hosts'];
      if (!KINDS.includes(kind))
        throw invalidAt(
          at,
          `[${section}:${kind}] is no section`,
          'Sections are [GROUP], [GROUP:vars] and [GROUP:children].',
        );
      if (kind === 'vars') pending.push({ group: section, at, section, kind });
      else declared.add(section);
      draft.group(section, at);
    } else if (line.startsWith('[') && line.endsWith(']')) {
      throw invalidAt(
        at,
        `${printableLine(line, 80)} is no section`,
        'Write [GROUP] without blanks and colons in the name.',
      );
    } else if (kind === 'hosts') {
      readHostLine(line, section, at, draft);
    } else if (kind === 'vars') {
      readVariable(line, section, at, draft);
    } else {
      const child = childOf(line, at);
      draft.group(child, at);
      draft.addChild(section, child);
      pending.push({ group: child, at, section, kind: 'children' });
    }
  }
  for (const one of pending) if (!declared.has(one.group)) throw undeclared(one);
}

function readHostLine(line: string, group: string, at: string, draft: Draft): void {
  const [pattern = '', ...words] = wordsOf(line, at);
  const vars: Record<string, unknown> = Object.create(null);
  for (const word of words) {
    const [name, value] = pairOf(word, at, 'A host is followed by its variables, as in `web1 ansible_host=10.0.0.5`.');
    vars[name] = literalOrText(value);
  }
  hideSecrets(vars, looksSecret);
  const { names, port } = readHostNames(pattern, at, draft.warnings);
  for (const name of names) setVariables(draft.addHost(name, group, at, port).vars, vars);
}

function wordsOf(line: string, at: string): string[] {
  try {
    return splitWords(line, { comments: true });
  } catch (cause) {
    throw invalidAt(
      at,
      `this line cannot be split into words: ${messageOf(cause)}`,
      'Close the quote, or put the value in quotes as a whole.',
      cause,
    );
  }
}

function readVariable(line: string, group: string, at: string, draft: Draft): void {
  const [name, value] = pairOf(line, at, 'Write one `name=value` on each line.');
  const vars = { [name.trim()]: literalOrText(value.trim()) };
  hideSecrets(vars, looksSecret);
  setGroupVariables(draft.group(group, at), vars, (message, hint) => invalidAt(at, message, hint));
}

function pairOf(text: string, at: string, hint: string): [name: string, value: string] {
  const cut = text.indexOf('=');
  // What is no variable may hold a secret.
  if (cut < 1) throw invalidAt(at, 'a variable is written name=value, and this is none', hint);
  return [text.slice(0, cut), text.slice(cut + 1)];
}

function childOf(line: string, at: string): string {
  const name = CHILD.exec(line)?.[1];
  if (name === undefined)
    throw invalidAt(at, `${printableLine(line, 80)} is no name of a group`, 'Write one group on each line.');
  return name;
}

function undeclared({ group, at, section, kind }: Pending): FixError {
  const shown = printableLine(group, 80);
  const message =
    kind === 'vars'
      ? `[${shown}:vars] is for a group that is not there`
      : `[${printableLine(section, 80)}:children] names ${shown}, which is no group`;
  return invalidAt(at, message, `Add [${shown}] with its hosts, or mend the name.`);
}
