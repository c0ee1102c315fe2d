import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resolvedMode } from '../../src/modules/file-mode.js';
import { withLine, withoutLines } from '../../src/modules/line-edit.js';

const CASES = join(import.meta.dirname, '..', 'cases', 'modules');

interface LineCase {
  text: string;
  state: 'present' | 'absent';
  line: string;
  regexp?: string;
  search_string?: string;
  insertafter?: string;
  insertbefore?: string;
  backrefs?: boolean;
  firstmatch?: boolean;
  error?: boolean;
  after?: string;
  changed?: boolean;
  msg?: string;
}

const latin1 = (text: string) => Buffer.from(text).toString('latin1');
const optional = (text: string | undefined) => (text === undefined ? undefined : latin1(text));

function made(row: LineCase): { text: string; msg: string } {
  const edit = {
    line: latin1(row.line),
    regexp: optional(row.regexp),
    searchString: optional(row.search_string),
    insertAfter: optional(row.insertafter),
    insertBefore: optional(row.insertbefore),
    backrefs: row.backrefs ?? false,
    firstMatch: row.firstmatch ?? false,
  };
  if (row.state === 'present') return withLine(latin1(row.text), edit);
  const { text, found } = withoutLines(latin1(row.text), edit);
  return { text, msg: found > 0 ? `${found} line(s) removed` : '' };
}

describe('lineinfile does what ansible-core 2.14.18 did', () => {
  const { cases } = JSON.parse(readFileSync(join(CASES, 'lineinfile', 'reference.json'), 'utf8')) as {
    cases: LineCase[];
  };

  test.each(cases.map((row, index) => ({ row, about: `${index}: ${JSON.stringify(row).slice(0, 120)}` })))(
    '$about',
    ({ row }) => {
      if (row.error) {
        expect(() => made(row)).toThrow(SyntaxError);
        return;
      }
      const { text, msg } = made(row);
      expect(Buffer.from(text, 'latin1').toString('utf8')).toBe(row.after);
      expect(msg).toBe(row.msg);
    },
  );

  test('a line after the last one, which has no line end, gets a line of its own', () => {
    const edit = { line: 'b', insertAfter: '^a', backrefs: false, firstMatch: false };
    expect(withLine('a', edit).text).toBe('a\nb\n');
  });

  test('a second run changes nothing, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), fc.stringMatching(/^[a-z=#]{1,6}$/), (text, line) => {
        const edit = { line, insertAfter: 'EOF', backrefs: false, firstMatch: false };
        const once = withLine(text, edit).text;
        expect(withLine(once, edit)).toEqual({ text: once, msg: '' });
      }),
    );
  });
});

interface ModeCase {
  mode: string;
  current: string;
  directory: boolean;
  expect: string;
}

describe('symbolic modes come to what ansible-core 2.14.18 made of them', () => {
  const { cases } = JSON.parse(readFileSync(join(CASES, 'symbolic-modes.json'), 'utf8')) as { cases: ModeCase[] };

  test.each(cases)('$mode on $current, directory: $directory', ({ mode, current, directory, expect: wanted }) => {
    expect(resolvedMode(mode, Number.parseInt(current, 8), directory).toString(8).padStart(4, '0')).toBe(wanted);
  });
});
