import { FixError } from '../core/error.js';
import { pythonRegex, refuseOptions } from '../template/index.js';
import { inlineOptions } from './inline-options.js';

const OPTIONS = ['type', 'file', 'section', 're', 'encoding', 'default', 'case_sensitive', 'allow_no_value'] as const;

/** `ini`: the values of keys in a file of sections, or in one of Java's properties. */
export function iniLookup(
  terms: readonly unknown[],
  given: Readonly<Record<string, unknown>>,
  read: (name: string) => string,
): readonly unknown[] {
  refuseOptions('ini', given, OPTIONS);
  return terms.flatMap((term) => {
    const { key, options: inline } = inlineOptions('ini', String(term), OPTIONS);
    const options: Readonly<Record<string, unknown>> = {
      type: 'ini',
      file: 'ansible.ini',
      section: 'global',
      default: '',
      ...given,
      ...inline,
    };
    if (!/^utf-?8$/i.test(String(options.encoding ?? 'utf-8'))) throw bad('the only encoding is utf-8');
    const keepsCase = isOn(options.case_sensitive);
    const named = (name: string) => (keepsCase ? name : name.toLowerCase());
    const isJava = options.type === 'properties';
    const text = isJava ? `[java_properties]\n${read(String(options.file))}` : read(String(options.file));
    const section = isJava ? 'java_properties' : String(options.section);
    const sections = iniSections(text, { named, bareKeys: isOn(options.allow_no_value) });
    const values = sections.get(section);
    if (values === undefined) throw bad(`there is no section '${section}' in ${String(options.file)}`);
    const all = new Map([...(sections.get('DEFAULT') ?? []), ...values]);
    if (isOn(options.re)) {
      const pattern = pythonRegex(key);
      const starts = new RegExp(`(?:${pattern.source})`, `${pattern.flags.replace('g', '')}y`);
      return [...all].filter(([name]) => startsWith(starts, name)).map(([, value]) => interpolated(value, all, named));
    }
    if (all.has(named(key))) return [interpolated(all.get(named(key)) ?? null, all, named)];
    return options.default === null ? [] : [options.default];
  });
}

type Values = Map<string, string | null>;

function startsWith(pattern: RegExp, text: string): boolean {
  pattern.lastIndex = 0;
  return pattern.test(text);
}

/** As Python's `configparser` reads it: `key = value` or `key: value`, values over several indented lines. */
export function iniSections(
  text: string,
  { named, bareKeys }: { named: (key: string) => string; bareKeys: boolean },
): ReadonlyMap<string, Values> {
  const sections = new Map<string, Values>([['DEFAULT', new Map()]]);
  let current: Values | undefined;
  let last: { key: string; indent: number } | undefined;
  text.split(/\r?\n/).forEach((line, index) => {
    const content = line.trim();
    if (content === '' || content.startsWith('#') || content.startsWith(';')) return;
    const indent = line.length - line.trimStart().length;
    if (current !== undefined && last !== undefined && indent > last.indent) {
      current.set(last.key, `${current.get(last.key) ?? ''}\n${content}`);
      return;
    }
    const header = /^\[(.+)\]/.exec(content)?.[1];
    if (header !== undefined) {
      if (sections.has(header) && header !== 'DEFAULT') throw bad(`the section '${header}' is there twice`);
      current = sections.get(header) ?? new Map();
      sections.set(header, current);
      last = undefined;
      return;
    }
    const [, name = '', value] = /^(.*?)\s*(?:[=:]\s*(.*))?$/s.exec(content) ?? [];
    if (current === undefined || name === '' || (value === undefined && !bareKeys)) {
      throw bad(`line ${index + 1} is neither a section nor a key with a value`);
    }
    const key = named(name);
    if (current.has(key)) throw bad(`the key '${key}' is there twice`);
    current.set(key, value ?? null);
    last = { key, indent };
  });
  return sections;
}

const MAX_DEPTH = 10;

/** `%(key)s` stands for another value, `%%` for a percent sign. */
function interpolated(value: string | null, all: Values, named: (key: string) => string, depth = 0): string | null {
  if (value === null || !value.includes('%')) return value;
  if (depth > MAX_DEPTH) throw bad('values refer to each other without end');
  return value.replace(/%(?:%|\(([^)]*)\)s|)/g, (found, key?: string) => {
    if (found === '%%') return '%';
    if (key === undefined || !all.has(named(key))) throw bad(`'${value}' refers to what is not there`);
    return interpolated(all.get(named(key)) ?? '', all, named, depth + 1) ?? '';
  });
}

function isOn(value: unknown): boolean {
  return value === true || ['true', 'yes', 'on', '1'].includes(String(value).toLowerCase());
}

function bad(message: string): FixError {
  return new FixError('template/failed', `ini: ${message}`, { hint: 'Correct the lookup or its file.' });
}
