import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { facts } from '../../src/facts/index.js';
import { plain } from '../support/plain.js';
import { readingOf } from '../support/reading-of.js';

const ROOT = join(import.meta.dirname, '..', 'cases', 'facts');

/** A file under test/cases/facts/<fact>/: what the script printed, and the reading that has to come of it. */
const Case = z.strictObject({
  about: z.string(),
  query: z.unknown().default({}),
  exit: z.number().int().default(0),
  stdout: z.string().default(''),
  stderr: z.string().default(''),
  /** `absent`, `unreadable`, or the value; a mapping may name some of its fields only with `partial: true`. */
  expect: z.unknown(),
  partial: z.boolean().default(false),
});

function casesOf(folder: string) {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => Case.parse(parse(readFileSync(join(folder, name), 'utf8'))));
}

describe.each(facts.map((fact) => ({ name: fact.name, fact })))('$name', ({ name, fact }) => {
  const folder = join(ROOT, name);
  const rows = existsSync(folder) ? casesOf(folder) : [];

  test('has a case', () => expect(rows.length).toBeGreaterThan(0));

  test.each(rows)('$about', (row) => {
    const ran = { status: row.exit, stdout: Buffer.from(row.stdout), stderr: row.stderr };
    const reading = readingOf(fact, row.query as never, ran);
    if (row.expect === 'absent' || row.expect === 'unreadable') expect(reading.state).toBe(row.expect);
    else if (reading.state !== 'present') expect(reading).toEqual({ state: 'present' });
    else if (row.partial) expect(plain(reading.value)).toMatchObject(row.expect as object);
    else expect(plain(reading.value)).toEqual(row.expect);
  });
});
