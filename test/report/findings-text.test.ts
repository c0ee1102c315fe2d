import { describe, expect, test } from 'vitest';
import type { Finding, NotEvaluated } from '../../src/diagnose/finding.js';
import { findingsText } from '../../src/report/findings-text.js';
import { plain } from '../../src/report/paint.js';
import { findingOf, marked } from './make.js';

const text = (findings: readonly Finding[], notEvaluated: readonly NotEvaluated[] = [], more = {}) =>
  findingsText(findings, notEvaluated, { paint: plain, width: 100, all: false, ...more });
const HEAD = '✗ FF101 node1, node2 publish 10.0.2.15';
const CAUSE = '    cause: gateway-interface ambiguity';
const MEND = '    mend:  name the interface';
const evidence = (n: number) => Array.from({ length: n }, (_, index) => `line ${index + 1}`);

describe('findingsText', () => {
  test.each([
    { about: 'says nothing of a sound cluster', findings: [], lines: [] },
    { about: 'has fault, cause and mend', findings: [findingOf()], lines: [HEAD, CAUSE, MEND] },
    {
      about: 'has the evidence between cause and mend',
      findings: [findingOf({ evidence: ['node1: eth0 10.0.2.15'] })],
      lines: [HEAD, CAUSE, '      · node1: eth0 10.0.2.15', MEND],
    },
    {
      about: 'shows six lines of evidence and no more',
      findings: [findingOf({ evidence: evidence(6) })],
      lines: [HEAD, CAUSE, ...evidence(6).map((line) => `      · ${line}`), MEND],
    },
    {
      about: 'counts the evidence that it leaves out',
      findings: [findingOf({ evidence: evidence(9) })],
      lines: [HEAD, CAUSE, ...evidence(6).map((line) => `      · ${line}`), '      · and 3 more', MEND],
    },
    {
      about: 'marks a warning otherwise',
      findings: [findingOf({ severity: 'warn' })],
      lines: [HEAD.replace('✗', '!'), CAUSE, MEND],
    },
    {
      about: 'counts what follows from another',
      findings: [findingOf(), findingOf({ id: 'FF102', because: 'FF101' })],
      lines: [HEAD, CAUSE, MEND, '  and 1 that follows (-v shows it)'],
    },
    {
      about: 'makes escape codes and line feeds of a host visible',
      findings: [findingOf({ summary: 'a\u001b[31m', cause: 'b\nc', evidence: ['d\re'], mend: 'f\u0000' })],
      lines: ['✗ FF101 a\\x1b[31m', '    cause: b\\nc', '      · d\\x0de', '    mend:  f\\x00'],
    },
  ])('$about', ({ findings, lines }) => {
    expect(text(findings)).toEqual(lines);
  });

  test('shows what follows from another to who asks for all', () => {
    const lines = text([findingOf(), findingOf({ id: 'FF102', because: 'FF101' })], [], { all: true });
    expect(lines).toHaveLength(6);
    expect(lines[3]).toMatch(/^✗ FF102/);
  });

  test('names checks that could not look, with the reason', () => {
    expect(text([], [{ id: 'FF104', hosts: ['a', 'b'], why: 'etcd is\u001b down' }])).toEqual([
      '? FF104 not evaluated on a, b: etcd is\\x1b down',
    ]);
  });

  test('fits the width', () => {
    const long = 'word '.repeat(60).trim();
    const lines = text([findingOf({ summary: long, cause: long, evidence: [long], mend: long })], [], { width: 60 });
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
  });

  test('paints by severity', () => {
    const signs = [findingOf(), findingOf({ severity: 'warn' })].map(
      (finding) => findingsText([finding], [], { paint: marked, width: 200, all: false })[0],
    );
    expect(signs[0]).toMatch(/^<bad>✗<\/> <strong>FF101<\/>/);
    expect(signs[1]).toMatch(/^<warn>!<\/> <strong>FF101<\/>/);
  });
});
