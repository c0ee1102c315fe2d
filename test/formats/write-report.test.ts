import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { findFormat, formats } from '../../src/formats/index.js';
import { parseReportOption, writeReports } from '../../src/formats/write-report.js';
import { brokenReport, soundReport } from '../support/reports.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fix-flannel-reports-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes the broken report to these targets, and gives back what came on standard output. */
async function write(...targets: string[]): Promise<string> {
  const printed: string[] = [];
  let calls = 0;
  await writeReports(targets.map(parseReportOption), brokenReport(), [soundReport()], {
    print: (text) => printed.push(text),
    nonce: () => `n${++calls}`,
  });
  return printed.join('');
}

async function failureOf(promise: Promise<unknown>): Promise<FixError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof FixError)) throw new Error(`no FixError: ${String(error)}`);
  return error;
}

describe('formats', () => {
  test('are in the order of their names, each once', () => {
    const names = formats.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)].sort());
    expect(names.map((name) => findFormat(name)?.name)).toEqual(names);
    expect(findFormat('toString')).toBeUndefined();
  });
});

describe('--report', () => {
  test.each([
    { text: 'junit=out/report.xml', name: 'junit', path: 'out/report.xml' },
    { text: 'json=-', name: 'json', path: '-' },
    { text: 'markdown=a=b.md', name: 'markdown', path: 'a=b.md' },
  ])('$text', ({ text, name, path }) => {
    expect(parseReportOption(text)).toEqual({ format: findFormat(name), path });
  });

  test.each([
    { text: 'junti=x', says: 'there is no format junti', hint: 'Did you mean junit?' },
    { text: 'pdf=x', says: 'there is no format pdf', hint: 'The formats are html, json,' },
    { text: '=x', says: 'there is no format', hint: 'The formats are html, json,' },
    { text: 'json', says: 'it needs a path', hint: 'Write --report json=PATH' },
    { text: 'json=', says: 'it needs a path', hint: 'Write --report json=PATH' },
    { text: 'json=a\0b', says: 'it needs a path', hint: 'Write --report json=PATH' },
  ])('$text is refused', async ({ text, says, hint }) => {
    const error = await failureOf(Promise.resolve().then(() => parseReportOption(text)));
    expect(error.code).toBe('cli/usage');
    expect(error.message).toContain(says);
    expect(error.hint).toContain(hint);
    for (const { name } of formats) expect(error.hint).toContain(name);
  });
});

describe('writing', () => {
  const at = (name: string) => join(folder, name);

  test('metrics may be read by others, reports by their owner', async () => {
    await write(`prometheus=${at('flannel.prom')}`, `json=${at('report.json')}`);
    expect(statSync(at('flannel.prom')).mode & 0o777).toBe(0o644);
    expect(statSync(at('report.json')).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(at('report.json'), 'utf8'))).toEqual(brokenReport());
    expect(readdirSync(folder).sort()).toEqual(['flannel.prom', 'report.json']);
  });

  test('- is standard output', async () => {
    expect(await write('nagios=-')).toMatch(/^FLANNEL CRITICAL/);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('an earlier report is replaced by another file, so that a reader keeps the one it has open', async () => {
    writeFileSync(at('report.json'), 'old');
    const before = statSync(at('report.json')).ino;
    await write(`json=${at('report.json')}`);
    expect(statSync(at('report.json')).ino).not.toBe(before);
  });

  test.each([
    {
      about: 'a link',
      make: (path: string) => symlinkSync(join(path, '..', 'victim'), path),
      says: 'it is a link',
    },
    { about: 'a link to nothing', make: (path: string) => symlinkSync('/nonexistent/x', path), says: 'it is a link' },
    { about: 'a folder', make: (path: string) => mkdirSync(path), says: 'it is a folder' },
  ])('$about is neither followed nor replaced', async ({ make, says }) => {
    writeFileSync(at('victim'), 'as it was');
    make(at('report'));
    const error = await failureOf(write(`json=${at('report')}`));
    expect(error.message).toContain(`the json report ${at('report')} is not written: ${says}`);
    expect(readFileSync(at('victim'), 'utf8')).toBe('as it was');
    expect(readdirSync(folder).sort()).toEqual(['report', 'victim']);
  });

  test('a device is left alone', async () => {
    const error = await failureOf(write('json=/dev/null'));
    expect(error.message).toContain('it is a device or a pipe');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  test.each([
    { path: 'missing/report.json', says: 'there is no folder', hint: 'Make the folder first' },
    { path: 'file/report.json', says: 'there is no folder', hint: 'Make the folder first' },
    { path: 'nowhere/', says: 'it names a folder', hint: 'Name a file in it.' },
  ])('$path: $says', async ({ path, says, hint }) => {
    writeFileSync(at('file'), '');
    const error = await failureOf(write(`json=${at(path)}`));
    expect(error.code).toBe('report/unwritable');
    expect(error.message).toContain(says);
    expect(error.hint).toContain(hint);
  });

  test('one that fails stops none of the others, and each that failed is named', async () => {
    const error = await failureOf(
      write(`junit=${at('no/a.xml')}`, `markdown=${at('b.md')}`, `sarif=${at('no/c.sarif')}`, 'nagios=-'),
    );
    expect(readdirSync(folder)).toEqual(['b.md']);
    expect(error.message).toContain(`the junit report ${at('no/a.xml')} is not written`);
    expect(error.message).toContain(`the sarif report ${at('no/c.sarif')} is not written`);
    expect(error.message).not.toContain('b.md');
  });

  test('a format that breaks is told as its own report, and leaves nothing behind', async () => {
    const broken = {
      name: 'broken',
      about: '',
      render: () => {
        throw new Error('a mistake');
      },
    };
    const targets = [{ format: broken, path: at('x') }, parseReportOption(`json=${at('y')}`)];
    const error = await failureOf(writeReports(targets, brokenReport(), []));
    expect(error.message).toBe(`the broken report ${at('x')} is not written: a mistake`);
    expect(readdirSync(folder)).toEqual(['y']);
  });

  test('what cannot be put in place leaves no half file', async () => {
    writeFileSync(at('report.json.n1.new'), 'of somebody else');
    const error = await failureOf(write(`json=${at('report.json')}`));
    expect(error.code).toBe('report/unwritable');
    expect(readFileSync(at('report.json.n1.new'), 'utf8')).toBe('of somebody else');
  });
});
