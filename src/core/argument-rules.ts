import { asText } from './argument-types.js';

/** What has to hold between arguments, besides what is said of each. */
export interface ArgumentRules {
  /** In each list at most one is given. */
  readonly mutually_exclusive?: readonly (readonly string[])[];
  /** In each list all are given, or none. */
  readonly required_together?: readonly (readonly string[])[];
  /** In each list one is given. */
  readonly required_one_of?: readonly (readonly string[])[];
  /** Argument, value, what that value needs, and whether one of these is enough. */
  readonly required_if?: readonly (readonly [string, unknown, readonly string[], boolean?])[];
  /** Argument, and what has to stand beside it. */
  readonly required_by?: Readonly<Record<string, string | readonly string[]>>;
}

type Given = Readonly<Record<string, unknown>>;

/** What is wrong with the first rule that is broken, of each kind but the first; kinds in Ansible's order. */
export function brokenRules(rules: ArgumentRules, given: Given): string[] {
  return [
    togetherTrouble(rules.required_together ?? [], given),
    oneOfTrouble(rules.required_one_of ?? [], given),
    ifTrouble(rules.required_if ?? [], given),
    byTrouble(rules.required_by ?? {}, given),
  ].filter((trouble) => trouble !== undefined);
}

/** Undefined where no two that exclude each other are given. */
export function exclusionTrouble({ mutually_exclusive = [] }: ArgumentRules, given: Given): string | undefined {
  const broken = mutually_exclusive.filter((names) => countGiven(names, given) > 1);
  if (broken.length === 0) return undefined;
  return `parameters are mutually exclusive: ${broken.map((names) => names.join('|')).join(', ')}`;
}

function togetherTrouble(rules: NonNullable<ArgumentRules['required_together']>, given: Given) {
  const broken = rules.find((names) => countGiven(names, given) > 0 && names.some((name) => !(name in given)));
  return broken && `parameters are required together: ${broken.join(', ')}`;
}

function oneOfTrouble(rules: NonNullable<ArgumentRules['required_one_of']>, given: Given) {
  const broken = rules.find((names) => countGiven(names, given) === 0);
  return broken && `one of the following is required: ${broken.join(', ')}`;
}

function ifTrouble(rules: NonNullable<ArgumentRules['required_if']>, given: Given): string | undefined {
  for (const [name, value, needed, oneIsEnough = false] of rules) {
    if (!(name in given) || !isSame(given[name], value)) continue;
    const missing = needed.filter((one) => !(one in given));
    if (missing.length === 0 || (oneIsEnough && missing.length < needed.length)) continue;
    const which = oneIsEnough ? 'any' : 'all';
    return `${name} is ${asText(value)} but ${which} of the following are missing: ${missing.join(', ')}`;
  }
  return undefined;
}

function byTrouble(rules: NonNullable<ArgumentRules['required_by']>, given: Given): string | undefined {
  for (const [name, needed] of Object.entries(rules)) {
    if (isNone(given[name])) continue;
    const missing = [needed].flat().filter((one) => isNone(given[one]));
    if (missing.length > 0) return `missing parameter(s) required by '${name}': ${missing.join(', ')}`;
  }
  return undefined;
}

function countGiven(names: readonly string[], given: Given): number {
  return new Set(names.filter((name) => name in given)).size;
}

function isNone(value: unknown): boolean {
  return value === null || value === undefined;
}

/** Python's `==` for what stands in a specification: a boolean is a number, a text is none. */
export function isSame(one: unknown, other: unknown): boolean {
  const plain = (value: unknown) => (typeof value === 'boolean' ? Number(value) : (value ?? null));
  const [left, right] = [plain(one), plain(other)];
  if (typeof left === 'object' && typeof right === 'object') return JSON.stringify(left) === JSON.stringify(right);
  return left === right;
}
