import { describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { evaluate, renderText, scopeOf } from '../../src/template/index.js';
import { quickly } from './quickly.js';

const nested = (use: string) =>
  `{% set n = namespace(x=[1], y=[1]) %}{% for i in range(100) %}{% set n.x = [n.x, n.x] %}{% set n.y = [n.y, n.y] %}{% endfor %}${use}`;

describe('work without end is refused before it is done', () => {
  test.each([
    '{{ range(30) | combinations(15) | length }}',
    '{{ range(20000) | map("list") | length }}',
    '{{ ([range(1000) | list] * 1000) | sum(start=[]) | length }}',
    "{{ ('{0}' * 100000).format('a' * 1000000) | length }}",
    "{{ ('%(a)s' * 100000) % {'a': 'b' * 1000000} }}",
    "{{ ('a' * 1000000) | replace('a', 'b' * 1000) }}",
    "{{ ('a' * 1000000) | regex_replace('a', 'b' * 1000) }}",
    "{{ ('a ' * 100000) | wordwrap(1, wrapstring='x' * 1000000) }}",
    "{{ ('a' * 16000000) | list | length }}",
    '{% for i in range(400000) %}{% for j in range(10) %}{{ j }}{% endfor %}{% endfor %}',
    nested('{{ n.x }}'),
    nested('{{ n.x | to_json }}'),
    nested('{{ n.x | to_nice_yaml }}'),
    nested('{{ n.x == n.y }}'),
    nested('{{ n.x | flatten }}'),
    nested('{{ n.x in [n.y] }}'),
    '{% set a = [] %}{% set _ = a.append(a) %}{{ a }}',
    "{% set a = {} %}{% set _ = a.update({'a': a}) %}{{ a | combine(a, recursive=true) }}",
    "{{ ('[' * 100000 ~ ']' * 100000) | from_json }}",
    "{{ ('[' * 100000 ~ ']' * 100000) | from_yaml }}",
    "{{ ('{' * 100000) | from_yaml }}",
    "{{ ('- ' * 100000) | from_yaml }}",
  ])('%s', (template) => {
    expect(quickly(() => renderText(template, scopeOf({})))).toBeInstanceOf(FixError);
  });

  test.each([
    { expression: 'range(100000) | difference(range(50000, 200000)) | length', value: 50_000 },
    { expression: 'range(100000) | intersect(range(50000, 200000)) | length', value: 50_000 },
    { expression: 'range(100000) | symmetric_difference(range(50000, 150000)) | length', value: 100_000 },
    { expression: 'range(100000) is subset(range(100000))', value: true },
    {
      expression: "[1, 'a', true, none, [1], 1.5] | intersect(['1', 1.0, [1], none, 1.5])",
      value: [1, null, [1], 1.5],
    },
    { expression: "[1, '1'] | difference([1])", value: ['1'] },
    { expression: 'range(5) | combinations(3) | list | length', value: 10 },
    { expression: '[[1], [2]] | sum(start=[])', value: [1, 2] },
    { expression: "[{'a': [1, {'b': 2}]}] == [{'a': [1, {'b': 2}]}]", value: true },
  ])('$expression is done', ({ expression, value }) => {
    expect(quickly(() => evaluate(expression, scopeOf({})))).toEqual(value);
  });
});
