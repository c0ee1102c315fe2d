import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import type { CheckReport } from '../../src/compliance/report.js';
import { json } from '../../src/formats/json.js';
import { reportSchema, reportSchemaText } from '../../src/formats/report-schema.js';
import { brokenReport, madeUpReports, reportWith } from '../support/reports.js';
import { recordedReports } from './recorded-reports.js';
import { reportValidator } from './validators.js';

type Writable<T> = T extends object ? { -readonly [K in keyof T]: Writable<T[K]> } : T;

/** Only where the two types are the same, field by field, does this compile. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const isDescribed: Same<Writable<z.infer<typeof reportSchema>>, Writable<CheckReport>> = true;

describe('the schema of reports', () => {
  const published = reportValidator('published');
  const strict = reportValidator('strict');

  test('is of the same type as a report', () => expect(isDescribed).toBe(true));

  test.each([...madeUpReports(), ...recordedReports()])('fits a report that is $about', ({ report }) => {
    const read = JSON.parse(json.render(report, []));
    expect(read).toEqual(report);
    expect(published(read)).toEqual([]);
    expect(strict(read)).toEqual([]);
    expect(reportSchema.parse(read)).toEqual(report);
  });

  test('docs/schema/report.schema.json is what the code says (`npm run docs` writes it)', () => {
    const path = join(import.meta.dirname, '../../docs/schema/report.schema.json');
    expect(readFileSync(path, 'utf8')).toBe(reportSchemaText());
  });

  test.each([
    { about: 'another version', change: { schema: 'fix-flannel/report/2' } },
    { about: 'a time that is none', change: { startedAt: 'yesterday' } },
    { about: 'a status that is none', change: { verdict: { kind: 'fine', exitStatus: 0, line: '' } } },
    { about: 'a text for a number', change: { seconds: '1' } },
    { about: 'a missing field', change: { counts: undefined } },
  ])('does not fit $about', ({ change }) => {
    const wrong = JSON.parse(JSON.stringify({ ...reportWith(), ...change }));
    expect(published(wrong)).not.toEqual([]);
    expect(reportSchema.safeParse(wrong).success).toBe(false);
  });

  test('a later report with more fields still fits, and they are left out when it is read', () => {
    const later = { ...brokenReport(), mood: 'good' };
    expect(published(later)).toEqual([]);
    expect(reportSchema.parse(later)).toEqual(brokenReport());
  });
});
