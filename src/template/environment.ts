import { FixError } from '../core/error.js';
import type { Mention } from './ast.js';
import { FILTERS } from './filters/index.js';
import { GLOBALS } from './globals.js';
import type { Syntax } from './lexer.js';
import { LOOKUPS } from './lookups.js';
import { type BareExpression, parseBareExpression, parseTemplate, type Template } from './parse-template.js';
import type { Environment, LoadTemplate, Lookup } from './runtime.js';
import { lookIn, type Table } from './signature.js';
import { placeIn } from './syntax-error.js';
import { TESTS } from './tests.js';

export interface EnvironmentOptions {
  /** Lookups besides `vars`, `varnames`, `items`, `list`, `dict`, `together`, `sequence` and `indexed_items`. */
  readonly lookups?: Readonly<Record<string, Lookup>> | undefined;
  /** The clock of `now()`. */
  readonly now?: (() => Date) | undefined;
  /** Where included and imported templates are read; without it there are none. */
  readonly loadTemplate?: LoadTemplate | undefined;
  /** More filters and tests; one of a known name replaces it. */
  readonly filters?: Table | undefined;
  readonly tests?: Table | undefined;
}

/** How many texts are kept read; enough for any playbook, small enough for a process that runs for days. */
const CACHE_SIZE = 5_000;

/** What all templates of a run share: filters, tests, lookups, and the texts that were read already. */
export function createEnvironment(options: EnvironmentOptions = {}): Environment {
  const tables = { filters: { ...FILTERS, ...options.filters }, tests: { ...TESTS, ...options.tests } };
  const templates = new Map<string, Template>();
  const expressions = new Map<string, BareExpression>();
  return {
    ...tables,
    globals: GLOBALS,
    lookups: { ...LOOKUPS, ...options.lookups },
    now: options.now ?? (() => new Date()),
    loadTemplate: options.loadTemplate ?? (() => undefined),
    parseTemplate: (text, syntax) =>
      cached(templates, key(text, syntax), () => checked(parseTemplate(text, syntax), tables)),
    parseExpression: (text, syntax) =>
      cached(expressions, key(text, syntax), () => checked(parseBareExpression(text, syntax), tables)),
  };
}

function key(text: string, syntax: Syntax): string {
  return `${Object.values(syntax).join('\0')}\0${text}`;
}

function cached<T>(cache: Map<string, T>, key: string, make: () => T): T {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = make();
  if (cache.size >= CACHE_SIZE) cache.clear();
  cache.set(key, made);
  return made;
}

/** An unknown filter or test is found when a text is read, even in a branch that never runs. */
function checked<T extends { text: string; mentions: readonly Mention[] }>(
  read: T,
  tables: { filters: Table; tests: Table },
): T {
  for (const { kind, name, at } of read.mentions) {
    if (lookIn(kind === 'filter' ? tables.filters : tables.tests, name) !== undefined) continue;
    throw new FixError('template/syntax', `there is no ${kind} '${name}', ${placeIn(read.text, at)}`, {
      hint: 'Check its spelling; the reference lists what there is.',
    });
  }
  return read;
}
