import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const FORMS = new URL('../../lab/forms/', import.meta.url);
const rows = readFileSync(new URL('index.tsv', FORMS), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split('\t'));

describe('lab/forms', () => {
  test('has a folder for each row and a row for each folder', () => {
    const folders = readdirSync(FORMS, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(rows.map((row) => row[0]).sort()).toEqual(folders.map((entry) => entry.name).sort());
  });

  test.each(rows)('%s says what its unit is and what is expected', (_name, unit, expected, runs, about) => {
    expect(unit).toMatch(/^(-|flannel(d)?\.service)$/);
    expect(expected).toMatch(/^(in-place|drop-in|refuse|operator)$/);
    expect(runs).toMatch(/^(yes|no|init)$/);
    expect(about).not.toBe('');
  });

  test('crlf still ends its lines in CR LF, and no-final-newline still has none', () => {
    const text = (form: string) => readFileSync(new URL(`${form}/etc/systemd/system/flanneld.service`, FORMS), 'utf8');
    expect(
      text('crlf')
        .split('\n')
        .slice(0, -1)
        .every((line) => line.endsWith('\r')),
    ).toBe(true);
    expect(text('no-final-newline').endsWith('-etcd-prefix=/kubernetes/network')).toBe(true);
  });
});
