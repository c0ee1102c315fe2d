import { failed } from './failure.js';
import { compare, truthy } from './python-compare.js';
import { str } from './python-text.js';

const OPERATORS: Readonly<Record<string, (order: number) => boolean>> = {
  '==': (order) => order === 0,
  '=': (order) => order === 0,
  eq: (order) => order === 0,
  '!=': (order) => order !== 0,
  '<>': (order) => order !== 0,
  ne: (order) => order !== 0,
  '<': (order) => order < 0,
  lt: (order) => order < 0,
  '<=': (order) => order <= 0,
  le: (order) => order <= 0,
  '>': (order) => order > 0,
  gt: (order) => order > 0,
  '>=': (order) => order >= 0,
  ge: (order) => order >= 0,
};

/**
 * Ansible's `version` test.
 * @param type `loose` (numbers and words in turn), `strict`, `semver` or `semantic`, `pep440`
 * @throws FixError `template/failed` for an unknown operator or type, or a version that is none
 */
export function versionHolds(value: string, other: string, operator: unknown, type: unknown): boolean {
  if (!truthy(value) || !truthy(other)) throw failed('a version to compare cannot be empty');
  const holds = Object.hasOwn(OPERATORS, str(operator)) ? OPERATORS[str(operator)] : undefined;
  if (holds === undefined) throw failed(`'${str(operator)}' compares no versions`, 'For example >=, <, ==.');
  return holds(orderOf(value, other, str(type)));
}

function orderOf(value: string, other: string, type: string): number {
  switch (type) {
    case 'loose':
      return compare(looseVersion(value), looseVersion(other));
    case 'strict':
      return compare(strictVersion(value), strictVersion(other));
    case 'semver':
    case 'semantic':
      return compare(semanticVersion(value), semanticVersion(other));
    case 'pep440':
      return compare(pep440Version(value), pep440Version(other));
    default:
      throw failed(`'${type}' is no kind of version`, 'It has to be loose, strict, semver, semantic or pep440.');
  }
}

/** `1.10rc2` as 1, 10, 'rc', 2. */
function looseVersion(text: string): unknown[] {
  const parts = text.match(/\d+|[a-z]+|\.|[^\da-z.]+/g) ?? [];
  return parts.filter((part) => part !== '.').map((part) => (/^\d/.test(part) ? Number(part) : part));
}

function strictVersion(text: string): unknown[] {
  const found = /^(\d+)\.(\d+)(?:\.(\d+))?(?:([ab])(\d+))?$/.exec(text);
  if (found === null) throw failed(`'${text}' is no strict version`);
  const [, major, minor, patch = '0', stage = 'z', number = '0'] = found;
  return [Number(major), Number(minor), Number(patch), stage, Number(number)];
}

/** A release comes after its pre-releases; numbers come before words. */
function semanticVersion(text: string): unknown[] {
  const found = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/.exec(text);
  if (found === null) throw failed(`'${text}' is no semantic version`);
  const [, major, minor, patch, before] = found;
  const parts = (before ?? '').split('.').map((part) => (/^\d+$/.test(part) ? [0, Number(part), ''] : [1, 0, part]));
  return [Number(major), Number(minor), Number(patch), before === undefined ? 1 : 0, before === undefined ? [] : parts];
}

const STAGES: readonly string[] = ['dev', 'a', 'b', 'rc', 'final', 'post'];
const SPELLINGS: Readonly<Record<string, string>> = { alpha: 'a', beta: 'b', c: 'rc', pre: 'rc', preview: 'rc' };

function pep440Version(text: string): unknown[] {
  const found =
    /^\s*v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|alpha|b|beta|c|rc|pre|preview|post|dev)[-_.]?(\d*))?(?:\+[\w.]+)?\s*$/i.exec(
      text,
    );
  if (found === null) throw failed(`'${text}' is no version by PEP 440, or of a form that is not supported`);
  const [, epoch = '0', release = '', word = 'final', number = '0'] = found;
  const numbers = release.split('.').map(Number);
  while (numbers.length > 1 && numbers.at(-1) === 0) numbers.pop();
  const stage = SPELLINGS[word.toLowerCase()] ?? word.toLowerCase();
  return [Number(epoch), numbers, STAGES.indexOf(stage), Number(number)];
}
