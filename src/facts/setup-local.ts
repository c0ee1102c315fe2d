import { recordText } from './host-records.js';
import type { Facts } from './setup-facts.js';
import type { SetupSource } from './setup-source.js';

/** Facts that a host keeps or makes itself, by the names of their files. */
export function localFacts(source: SetupSource, folder: string): Facts {
  const facts = new Map<string, unknown>();
  let file = '';
  let status = '0';
  for (const record of source.records) {
    if (record.name === 'fact') [file, status] = [recordText(record), '0'];
    else if (record.name === 'status') status = recordText(record);
    else if (record.name === 'printed') {
      const path = `${folder.replace(/\/$/, '')}/${file}`;
      const failed = `Failure executing fact script (${path}), rc: ${status}`;
      facts.set(file.replace('.fact', ''), status === '0' ? localFact(recordText(record), path) : failed);
    }
  }
  return { local: Object.fromEntries(facts) };
}

/** JSON, or else sections of `name = value`. */
export function localFact(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return sectionsOf(text) ?? `error loading facts as JSON or ini - please check content: ${path}`;
  }
}

type Section = Map<string, string>;

/**
 * An ini file as Python's configparser reads it: names in lower case, `=` or `:`, values that go on over lines that
 * are further in, `[DEFAULT]` for all sections, `%(name)s` for another value.
 * @returns undefined for a text that is none
 */
function sectionsOf(text: string): Facts | undefined {
  const sections = new Map<string, Section>();
  const defaults: Section = new Map();
  let section: Section | undefined;
  let name: string | undefined;
  for (const line of text.split('\n')) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const header = /^\[(.+)\]/.exec(line)?.[1];
    const option = /^(\S[^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line);
    if (header !== undefined) {
      if (sections.has(header)) return undefined;
      section = header === 'DEFAULT' ? defaults : new Map<string, string>();
      if (header !== 'DEFAULT') sections.set(header, section);
      name = undefined;
    } else if (/^\s/.test(line) && section !== undefined && name !== undefined) {
      section.set(name, `${section.get(name)}\n${line.trim()}`);
    } else if (section !== undefined && option !== null) {
      name = (option[1] as string).toLowerCase();
      if (section.has(name)) return undefined;
      section.set(name, option[2] as string);
    } else return undefined;
  }
  const whole = [...sections].map(([title, own]) => {
    const values = new Map([...own, ...[...defaults].filter(([key]) => !own.has(key))]);
    return [title, Object.fromEntries([...values].map(([key, value]) => [key, interpolated(value, values)]))];
  });
  return Object.fromEntries(whole);
}

/** Names that stand for each other would never end. */
const MOST_DEPTH = 10;

function interpolated(value: string, values: Section, depth = 0): string {
  if (depth > MOST_DEPTH) return value;
  return value.replace(/%%|%\(([^)]*)\)s/g, (found, name: string | undefined) => {
    if (name === undefined) return '%';
    const other = values.get(name.toLowerCase());
    return other === undefined ? found : interpolated(other, values, depth + 1);
  });
}
