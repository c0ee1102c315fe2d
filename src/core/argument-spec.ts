import { type ArgumentRules, brokenRules, exclusionTrouble, isSame } from './argument-rules.js';
import { asText, CONVERSIONS, typeName, WrongType } from './argument-types.js';

/** What is said of one argument: in a role's `meta/argument_specs.yml`, or in `validate_argument_spec`. */
export interface ArgumentOption extends ArgumentRules {
  /** `str` where none is given. */
  readonly type?: string;
  /** The type of a list's items. */
  readonly elements?: string;
  readonly required?: boolean;
  readonly default?: unknown;
  readonly choices?: readonly unknown[];
  readonly aliases?: readonly string[];
  /** What a dict, or each dict of a list, has in it; the rules beside it hold for these. */
  readonly options?: ArgumentSpec;
  /** An argument that is not given is looked into all the same, for the defaults in it. */
  readonly apply_defaults?: boolean;
  readonly no_log?: boolean;
}

export type ArgumentSpec = Readonly<Record<string, ArgumentOption>>;

export interface CheckedArguments {
  /** Converted, with defaults and what aliases stand for. */
  readonly values: Readonly<Record<string, unknown>>;
  /** What is wrong, in Ansible's order; empty where all is well. */
  readonly errors: readonly string[];
}

/**
 * Holds arguments against a specification.
 * @see ansible-core 2.14 `lib/ansible/module_utils/common/arg_spec.py`, `ArgumentSpecValidator`
 */
export function checkArguments(
  spec: ArgumentSpec,
  given: Readonly<Record<string, unknown>>,
  rules: ArgumentRules = {},
): CheckedArguments {
  const values: Values = structuredClone({ ...given });
  const found: Found = { errors: [], unsupported: [] };
  checkLevel(spec, values, rules, [], found);
  if (found.unsupported.length > 0) found.errors.push(unsupportedTrouble(found.unsupported));
  return { values, errors: found.errors };
}

/** The values of arguments that nobody may see, those within dicts too. */
export function hiddenArguments(spec: ArgumentSpec, given: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(spec).flatMap(([name, option]) => {
    const value = [name, ...(option.aliases ?? [])].map((key) => given[key]).find((one) => one !== undefined);
    if (option.no_log) return textsIn(value);
    const { options } = option;
    return options === undefined
      ? []
      : [value].flat().flatMap((one) => (isDict(one) ? hiddenArguments(options, one) : []));
  });
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

type Values = Record<string, unknown>;

interface Found {
  readonly errors: string[];
  readonly unsupported: Unsupported[];
}

/** An argument that the specification does not know. */
interface Unsupported {
  readonly name: string;
  readonly options: readonly string[];
  readonly aliases: readonly string[];
}

function checkLevel(spec: ArgumentSpec, values: Values, rules: ArgumentRules, way: readonly string[], found: Found) {
  const within = way.length === 0 ? '' : ` found in ${way.join(' -> ')}`;
  const note = (trouble: string | undefined) => {
    if (trouble !== undefined) found.errors.push(trouble);
  };
  const located = (trouble: string | undefined) => note(trouble === undefined ? undefined : `${trouble}${within}`);
  const aliases = takeAliases(spec, values, note);
  for (const name of Object.keys(values)) {
    if (aliases.includes(name) || Object.hasOwn(spec, name)) continue;
    const known = { options: Object.keys(spec).sort(), aliases: [...new Set(aliases)].sort() };
    found.unsupported.push({ name: [...way, name].join('.'), ...known });
  }
  located(exclusionTrouble(rules, values));
  setDefaults(spec, values, false);
  located(missingTrouble(spec, values));
  for (const [name, option] of Object.entries(spec)) convert(name, option, values, way, note);
  for (const [name, option] of Object.entries(spec)) located(choiceTrouble(name, option, values));
  for (const trouble of brokenRules(rules, values)) located(trouble);
  setDefaults(spec, values, true);
  for (const [name, option] of Object.entries(spec)) checkWithin(name, option, values, way, found);
}

/** Gives arguments the values of their aliases. @returns all aliases */
function takeAliases(spec: ArgumentSpec, values: Values, note: (trouble: string) => void): string[] {
  const all: string[] = [];
  for (const [name, option] of Object.entries(spec)) {
    if (!isNone(option.default) && option.required) {
      note(`internal error: required and default are mutually exclusive for ${name}`);
      return [];
    }
    for (const alias of option.aliases ?? []) {
      all.push(alias);
      if (Object.hasOwn(values, alias)) values[name] = values[alias];
    }
  }
  return all;
}

/** Defaults that are given, or null for all that is missing. */
function setDefaults(spec: ArgumentSpec, values: Values, all: boolean): void {
  for (const [name, option] of Object.entries(spec)) {
    if (Object.hasOwn(values, name) || (isNone(option.default) && !all)) continue;
    values[name] = structuredClone(option.default) ?? null;
  }
}

function missingTrouble(spec: ArgumentSpec, values: Values): string | undefined {
  const missing = Object.keys(spec).filter((name) => spec[name]?.required && !Object.hasOwn(values, name));
  return missing.length === 0 ? undefined : `missing required arguments: ${missing.sort().join(', ')}`;
}

function convert(
  name: string,
  { type = 'str', elements }: ArgumentOption,
  values: Values,
  way: readonly string[],
  note: (trouble: string) => void,
): void {
  const value = values[name];
  if (isNone(value)) return;
  const made = converted(value, type);
  if (made instanceof WrongType) {
    const within = way.length === 0 ? '' : ` found in '${way.join(' -> ')}'.`;
    note(
      `argument '${name}' is of type ${typeName(value)}${within} and we were unable to convert to ${type}: ${made.message}`,
    );
    return;
  }
  values[name] = made;
  if (elements === undefined) return;
  if (type !== 'list' || !Array.isArray(made)) {
    const within = way.length === 0 ? '' : ` found in '${way.join(' -> ')}'.`;
    note(
      `Invalid type ${type} for option '${asText(made)}'${within}, elements value check is supported only with 'list' type`,
    );
    return;
  }
  values[name] = made.flatMap((item) => {
    const one = converted(item, elements);
    if (!(one instanceof WrongType)) return [one];
    const within = way.length === 0 ? '' : ` found in '${way.join(' -> ')}'`;
    note(
      `Elements value for option '${name}'${within} is of type ${typeName(item)} and we were unable to convert to ${elements}: ${one.message}`,
    );
    return [];
  });
}

function converted(value: unknown, type: string): unknown {
  const conversion = CONVERSIONS.get(type);
  if (!conversion) return new WrongType(`there is no type ${type}`);
  try {
    return conversion(value);
  } catch (error) {
    if (error instanceof WrongType) return error;
    throw error;
  }
}

function choiceTrouble(name: string, { choices }: ArgumentOption, values: Values): string | undefined {
  if (choices === undefined || !Object.hasOwn(values, name)) return undefined;
  const isChoice = (value: unknown) => choices.some((choice) => isSame(choice, value));
  const list = choices.map(asText).join(', ');
  const value = values[name];
  if (Array.isArray(value)) {
    const others = value.filter((item) => !isChoice(item));
    if (others.length === 0) return undefined;
    return `value of ${name} must be one or more of: ${list}. Got no match for: ${others.map(asText).join(', ')}`;
  }
  const word = wordOfBoolean(value, choices);
  if (word !== undefined) values[name] = word;
  return isChoice(values[name]) ? undefined : `value of ${name} must be one of: ${list}, got: ${asText(value)}`;
}

/** YAML makes a boolean of `yes`: the one choice that it can have been. */
function wordOfBoolean(value: unknown, choices: readonly unknown[]): unknown {
  if ((value !== 'True' && value !== 'False') || choices.includes(value)) return undefined;
  const words = value === 'True' ? TRUE_WORDS : FALSE_WORDS;
  const meant = choices.filter((choice) => words.some((word) => isSame(word, choice)));
  return meant.length === 1 ? meant[0] : undefined;
}

const TRUE_WORDS = ['y', 'yes', 'on', '1', 'true', 't', 1];
const FALSE_WORDS = ['n', 'no', 'off', '0', 'false', 'f', 0];

/** What the dicts in an argument have in them. */
function checkWithin(name: string, option: ArgumentOption, values: Values, way: readonly string[], found: Found): void {
  const { type, elements, options, apply_defaults: applies = false } = option;
  if (options === undefined || !(type === 'dict' || (type === 'list' && elements === 'dict'))) return;
  if (isNone(values[name])) {
    if (!applies) return;
    values[name] = {};
  }
  for (const item of [values[name]].flat()) {
    if (isDict(item)) checkLevel(options, item, option, [...way, name], found);
    else found.errors.push(`value of '${name}' must be of type dict or list of dicts`);
  }
}

function unsupportedTrouble(unsupported: readonly Unsupported[]): string {
  const names = [...new Set(unsupported.map(({ name }) => name))].sort();
  const { options, aliases } = unsupported.at(-1) as Unsupported;
  const known = `${options.join(', ')}${aliases.length === 0 ? '' : ` (${aliases.join(', ')})`}`;
  return `${names.join(', ')}. Supported parameters include: ${known}.`;
}

function isDict(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNone(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
