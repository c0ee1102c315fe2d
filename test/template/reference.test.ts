import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { FixError } from '../../src/core/error.js';
import { holds, renderNative, renderText, scopeOf } from '../../src/template/index.js';

interface Row {
  readonly error?: string;
  readonly differs?: string;
}
interface Reference {
  readonly variables: Record<string, unknown>;
  readonly expressions: Record<string, (Row & { expression: string; text?: string; json?: string })[]>;
  readonly templates: (Row & { about: string; template: string; text?: string })[];
  readonly texts: (Row & { text: string; value?: unknown })[];
  readonly conditions: (Row & { condition: string; holds?: boolean })[];
}

/** What Ansible itself made of each row; the file says how it was recorded. */
const reference = parse(readFileSync(new URL('./cases.yaml', import.meta.url), 'utf8')) as Reference;
const scope = () => scopeOf(reference.variables);
const agreed = <T extends Row>(rows: readonly T[]) => rows.filter((row) => row.differs === undefined);

/** The result, or the code of the error where there is one; any other kind of error fails the test. */
function outcome<T>(work: () => T): T | { error: string } {
  try {
    return work();
  } catch (thrown) {
    if (!(thrown instanceof FixError)) throw thrown;
    return { error: thrown.code === 'template/undefined' ? 'undefined' : 'failed' };
  }
}

const expressions = Object.entries(reference.expressions).flatMap(([group, rows]) =>
  agreed(rows).map((row) => ({ group, ...row })),
);

describe('an expression has the value that Ansible gives it', () => {
  test.each(expressions)('$group: $expression', ({ group, expression, text, json, error }) => {
    const render = (template: string) =>
      group === 'regex' ? renderNative(template, scope()) : renderText(template, scope());
    const asText = outcome(() => String(render(`|{{ ${expression} }}`)).slice(1));
    const asJson = outcome(() => render(`{{ (${expression}) | to_json }}`));
    if (error !== undefined) expect(asText).toEqual({ error });
    if (text !== undefined) expect(asText).toBe(text);
    if (json !== undefined) expect(asJson).toBe(json);
    expect([error, text, json]).not.toEqual([undefined, undefined, undefined]);
  });
});

describe('a template file becomes what Ansible makes of it', () => {
  test.each(agreed(reference.templates))('$about', ({ template, text, error }) => {
    expect(outcome(() => renderText(template, scope()))).toEqual(text ?? { error });
  });
});

describe("a playbook's text becomes what Ansible makes of it", () => {
  test.each(agreed(reference.texts))('$text', ({ text, value, error }) => {
    expect(outcome(() => renderNative(text, scope()))).toEqual(error === undefined ? value : { error });
  });
});

describe('a condition holds where Ansible says so', () => {
  test.each(agreed(reference.conditions))('$condition', ({ condition, holds: wanted, error }) => {
    const ours = outcome(() => holds(condition, scope()));
    if (error === undefined) expect(ours).toBe(wanted);
    else expect(ours).toHaveProperty('error');
  });
});

describe('where this program differs on purpose', () => {
  const difference = (template: string) => renderNative(template, scope());
  test.each([
    { about: 'an unknown name is no filter', template: "{{ 'nofilter' is filter }}", value: false },
    { about: 'a whole number in JSON is an integer', template: `{{ '{"a": 1.0}' | from_json }}`, value: { a: 1 } },
  ])('$about', ({ template, value }) => {
    expect(difference(template)).toEqual(value);
  });
});
