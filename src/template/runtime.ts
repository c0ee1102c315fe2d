import type { Syntax } from './lexer.js';
import type { BareExpression, Template } from './parse-template.js';
import type { Table } from './signature.js';
import type { CallArgs } from './values.js';

/** A lookup: terms and options in, a list out. What it gives is a value, never a template. */
export type Lookup = (
  terms: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
  scope: Scope,
) => readonly unknown[];

/**
 * Finds a template file by the name that an `{% include %}` gives it.
 * @param folder where the template that names it lies, if that is known
 * @returns its text, `undefined` where there is no such file
 */
export type LoadTemplate = (name: string, scope: Scope, folder?: string) => string | undefined;

/** What all templates of a run share. */
export interface Environment {
  readonly filters: Table;
  readonly tests: Table;
  readonly globals: Table;
  readonly lookups: Readonly<Record<string, Lookup>>;
  readonly now: () => Date;
  readonly loadTemplate: LoadTemplate;
  parseTemplate(text: string, syntax: Syntax): Template;
  parseExpression(text: string, syntax: Syntax): BareExpression;
}

/** The variables that a template sees. */
export interface Scope {
  readonly environment: Environment;
  has(name: string): boolean;
  /**
   * The variable as it was given, unrendered; `undefined` where there is none. `renderDeep(scope.get(name), scope)`
   * gives its value.
   */
  get(name: string): unknown;
  /** Its value, rendered once and then kept; an `Undefined` where there is none. */
  read(name: string): unknown;
  /** The names of all variables, in no promised order. */
  names(): readonly string[];
}

/** What a filter, test, method or global may use besides its arguments. */
export interface Runtime {
  readonly scope: Scope;
  readonly environment: Environment;
  callFilter(name: string, value: unknown, call: CallArgs): unknown;
  callTest(name: string, value: unknown, call: CallArgs): boolean;
  /** `value.name`, or `value[name]` for a number; by own keys and known methods only. */
  attribute(value: unknown, name: unknown): unknown;
}
