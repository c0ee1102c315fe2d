import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ArgumentSpec, checkArguments, hiddenArguments } from '../../src/core/argument-spec.js';

const CASES = join(import.meta.dirname, '..', 'cases', 'modules', 'validate_argument_spec', 'reference.json');

interface Row {
  spec: ArgumentSpec;
  given: Record<string, unknown>;
  errors: string[];
  values?: Record<string, unknown>;
}

describe('arguments are held against a specification as ansible-core 2.14.18 does', () => {
  const { cases } = JSON.parse(readFileSync(CASES, 'utf8')) as { cases: Row[] };

  test.each(cases.map((row, index) => ({ row, about: `${index}: ${JSON.stringify(row).slice(0, 120)}` })))(
    '$about',
    ({ row: { spec, given, errors, values } }) => {
      const before = structuredClone(given);
      const checked = checkArguments(spec, given);
      expect(checked.errors).toEqual(errors);
      if (values) expect(checked.values).toEqual(values);
      expect(given).toEqual(before);
    },
  );
});

describe('arguments that nobody may see', () => {
  test('are found under aliases, in lists and in dicts', () => {
    const spec: ArgumentSpec = {
      a: { no_log: true, aliases: ['b'] },
      c: { type: 'list', elements: 'dict', options: { d: { no_log: true }, e: {} } },
    };
    expect(hiddenArguments(spec, { b: 'one', c: [{ d: ['two', 3], e: 'shown' }, 'no dict'] })).toEqual([
      'one',
      'two',
      '3',
    ]);
  });
});
