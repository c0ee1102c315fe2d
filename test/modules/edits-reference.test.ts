import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withBlock } from '../../src/modules/block-edit.js';
import { bytesOfText, textOfBytes } from '../../src/modules/bytes-as-text.js';
import { fnmatchRegExp } from '../../src/modules/fnmatch.js';
import { withReplaced } from '../../src/modules/replace-edit.js';

const CASES = join(import.meta.dirname, '..', 'cases', 'modules');

interface Row {
  text: string;
  error?: boolean;
  /** The text that came of it. */
  made?: string;
  msg?: string;
}

interface BlockRow extends Row {
  state?: 'absent';
  block?: string;
  marker?: string;
  marker_begin?: string;
  marker_end?: string;
  insertafter?: string;
  insertbefore?: string;
}

interface ReplaceRow extends Row {
  regexp: string;
  replace?: string;
  before?: string;
  after?: string;
}

function rowsOf<T extends object>(name: string): { row: T; about: string }[] {
  const { cases } = JSON.parse(readFileSync(join(CASES, name, 'reference.json'), 'utf8')) as { cases: T[] };
  return cases.map((row, index) => ({ row, about: `${index}: ${JSON.stringify(row).slice(0, 120)}` }));
}

const latin1 = (text: string) => Buffer.from(text).toString('latin1');
const optional = (text: string | undefined) => (text === undefined ? undefined : latin1(text));

const MARKERS = { marker: '# {mark} ANSIBLE MANAGED BLOCK', markerBegin: 'BEGIN', markerEnd: 'END' };

describe('blockinfile does what ansible-core 2.14.18 did', () => {
  const made = (row: BlockRow) =>
    withBlock(latin1(row.text), {
      block: row.state === 'absent' ? '' : latin1(row.block ?? ''),
      marker: row.marker ?? MARKERS.marker,
      markerBegin: row.marker_begin ?? 'BEGIN',
      markerEnd: row.marker_end ?? 'END',
      insertAfter: optional(row.insertafter),
      insertBefore: optional(row.insertbefore),
    });

  test.each(rowsOf<BlockRow>('blockinfile'))('$about', ({ row }) => {
    if (row.error) {
      expect(() => made(row)).toThrow(SyntaxError);
      return;
    }
    expect(Buffer.from(made(row), 'latin1').toString('utf8')).toBe(row.made);
  });

  test('a second run changes nothing, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, block) => {
        const edit = { ...MARKERS, block: latin1(block) };
        const once = withBlock(latin1(text), edit);
        expect(withBlock(once, edit)).toBe(once);
      }),
    );
  });
});

describe('replace does what ansible-core 2.14.18 did', () => {
  test.each(rowsOf<ReplaceRow>('replace'))('$about', ({ row }) => {
    const made = () => withReplaced(row.text, { replace: '', ...row });
    if (row.error) {
      expect(made).toThrow(SyntaxError);
      return;
    }
    const result = made();
    if ('between' in result) expect(row.msg).toBe(`${NO_SECTION}${result.between}`);
    else {
      expect(result.text).toBe(row.made);
      expect(row.msg).toBe(result.text === row.text ? '' : `${result.places} replacements made`);
    }
  });

  const NO_SECTION = 'Pattern for before/after params did not match the given file: ';
});

describe('a name matches a pattern as with Python', () => {
  const { names, cases } = JSON.parse(readFileSync(join(CASES, 'find', 'fnmatch.json'), 'utf8')) as {
    names: string[];
    cases: { pattern: string; matches: string[] }[];
  };
  test.each(cases)('$pattern', ({ pattern, matches }) => {
    expect(names.filter((name) => fnmatchRegExp(pattern).test(name))).toEqual(matches);
  });
});

describe('bytes as text', () => {
  test('what is no UTF-8 comes back as it was', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(bytesOfText(textOfBytes(Buffer.from(bytes)))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  test.each(['zürich', '\u{1F600}\uFFFD', 'a\uFEFFb', '\uFEFF'])('%j is read as it is', (text) => {
    expect(textOfBytes(Buffer.from(text))).toBe(text);
    expect(textOfBytes(Buffer.concat([Buffer.from(text), Buffer.from([0xff])]))).toBe(`${text}\uDCFF`);
  });
});
