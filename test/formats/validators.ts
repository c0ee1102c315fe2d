import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import Draft04 from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import { z } from 'zod';
import { reportSchema, reportSchemaText } from '../../src/formats/report-schema.js';

// Each throws, or gives back the complaints of the tool, where a text is not what it should be.

const XSD = join(import.meta.dirname, 'junit.xsd');

/** What xmllint has to say of these texts, each against the schema of JUnit; nothing where all are valid. */
export function junitComplaints(texts: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'fix-flannel-junit-'));
  try {
    const files = texts.map((text, at) => {
      const file = join(folder, `${at}.xml`);
      writeFileSync(file, text);
      return file;
    });
    const { status, stderr, error } = spawnSync('xmllint', ['--noout', '--nonet', '--schema', XSD, ...files], {
      encoding: 'utf8',
    });
    if (error !== undefined) throw error;
    return status === 0 ? '' : stderr;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What an XPath finds in a text that xmllint could parse. */
export function xpath(text: string, path: string): string {
  return execFileSync('xmllint', ['--xpath', path, '-'], { input: text, encoding: 'utf8' });
}

/** What promtool has to say, its advice too. */
export function promtoolComplaints(text: string): string {
  const { status, stderr, stdout, error } = spawnSync('promtool', ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  return status === 0 ? '' : `${stdout}${stderr}`;
}

// The published schema of SARIF, as a package has it; it is of draft 04 of JSON Schema.
const sarifSchema = JSON.parse(
  readFileSync(
    join(
      createRequire(import.meta.url).resolve('@microsoft/jest-sarif/package.json'),
      '..',
      'lib/schemas/sarif-2.1.0-rtm.5.json',
    ),
    'utf8',
  ),
);

/** A validator by the schema of SARIF 2.1.0: gives back its complaints. */
export function sarifValidator(): (log: unknown) => unknown[] {
  const ajv = new Draft04.default({ strict: false, allErrors: true, unicodeRegExp: false });
  addFormats.default(ajv as never);
  const validate = ajv.compile(sarifSchema);
  return (log) => (validate(log) ? [] : (validate.errors ?? []));
}

/** A validator by the published schema of reports, or by one that allows no field that it does not name. */
export function reportValidator(which: 'published' | 'strict'): (report: unknown) => unknown[] {
  const ajv = new Ajv2020({ allErrors: true });
  addFormats.default(ajv as never);
  const validate = ajv.compile(
    which === 'published' ? JSON.parse(reportSchemaText()) : z.toJSONSchema(reportSchema, { io: 'output' }),
  );
  return (report) => (validate(report) ? [] : (validate.errors ?? []));
}

export interface PrometheusSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([a-z_]+)\{((?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)*)\} (-?[0-9.]+(?:e[+-]?[0-9]+)?)$/;
const LABEL = /([a-z]+)="((?:[^"\\\n]|\\[\\"n])*)"/g;
const HELP_OR_TYPE = /^# (?:HELP [a-z_]+ \S.*|TYPE [a-z_]+ (?:gauge|counter))$/;

/** The samples of a text in Prometheus' format. @throws Error for a line that is none, a series twice, a metric without its type */
export function prometheusSamples(text: string): PrometheusSample[] {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const typed = new Set<string>();
  const seen = new Set<string>();
  return text
    .slice(0, -1)
    .split('\n')
    .flatMap((line) => {
      if (HELP_OR_TYPE.test(line)) {
        typed.add(line.split(' ')[2] as string);
        return [];
      }
      const [, name, labels, value] = SAMPLE.exec(line) ?? [];
      if (name === undefined || labels === undefined) throw new Error(`no sample: ${JSON.stringify(line)}`);
      if (!typed.has(name)) throw new Error(`${name} has no type`);
      const pairs = [...labels.matchAll(LABEL)].map(([, label, raw]) => [label, unescaped(raw as string)]);
      const series = JSON.stringify([name, pairs]);
      if (seen.has(series)) throw new Error(`${series} is there twice`);
      seen.add(series);
      return [{ name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) }];
    });
}

function unescaped(text: string): string {
  return text.replace(/\\([\\"n])/g, (_, char: string) => (char === 'n' ? '\n' : char));
}
