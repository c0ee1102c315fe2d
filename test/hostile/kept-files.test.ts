import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { loadPlan } from '../../src/cli/plan-command.js';
import { messageOf } from '../../src/core/error.js';
import { jsonWithoutControls } from '../../src/core/printable.js';
import { printableLine } from '../../src/core/text.js';
import { readPlan } from '../../src/engine/plan-file.js';
import { listRuns, readRun } from '../../src/journal/read-runs.js';
import { loadPlaybook } from '../../src/playbook/load-playbook.js';
import { plain } from '../../src/report/paint.js';
import { runsText, runText } from '../../src/report/runs-text.js';
import { ENDING, HEADER } from '../journal/make.js';
import { knows } from '../support/run-playbook.js';
import { quickly } from './quickly.js';
import { expectHarmless, HOSTILE, HUGE } from './texts.js';

const root = mkdtempSync(join(tmpdir(), 'hostile-kept-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let count = 0;
const fresh = (name = 'file') => join(root, `${count++}-${name}`);

function written(text: string | Uint8Array): string {
  const path = fresh();
  writeFileSync(path, text);
  return path;
}

const SPECIAL = [
  { about: '100 MB', make: (path: string) => execFileSync('truncate', ['-s', '100M', path]), code: 'file/too-large' },
  {
    about: 'a pipe that nobody writes to',
    make: (path: string) => execFileSync('mkfifo', [path]),
    code: 'file/missing',
  },
  { about: '/dev/zero', make: (path: string) => symlinkSync('/dev/zero', path), code: 'file/missing' },
  { about: 'a link to itself', make: (path: string) => symlinkSync(path, path), code: 'file/missing' },
  { about: 'a folder', make: (path: string) => mkdirSync(path), code: 'file/missing' },
];

const LARGE = HUGE.filter(({ text }) => text.length < 1_000_000);
const DEEP = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;

describe('a playbook that is none', () => {
  test.each(SPECIAL)('$about', ({ make, code }) => {
    const path = fresh('\x1b[31m');
    make(path);
    const found = quickly(() => loadPlaybook(path, knows));
    expect(found).toMatchObject({ code });
    expect(printableLine(messageOf(found)).length).toBeLessThan(400);
  });

  test.each([
    { about: 'deep in brackets', text: `- ${DEEP}` },
    { about: 'deep in blocks', text: `- hosts: all\n  tasks: ${'[{block: '.repeat(60)}` },
    { about: 'blocks inside each other', text: blocks(200) },
    { about: 'an anchor inside itself', text: '- hosts: all\n  vars: &a {x: *a}\n' },
    { about: 'aliases that multiply', text: `- hosts: all\n  vars:\n    a: &a [1,1,1,1,1,1,1,1,1]\n${laughs()}` },
    { about: 'bytes', text: Buffer.from([0x80, 0xff]) },
    { about: 'a NUL', text: '- hosts: "\0"' },
    { about: 'an escape code', text: '- hosts: all\n  "\x1b[31m": 1' },
    { about: 'an escape code as YAML writes it', text: '- hosts: all\n  "\\e]0;x\\a": 1' },
    { about: 'a module of a prototype', text: '- hosts: all\n  tasks: [{constructor: {}}]' },
    { about: 'a task of prototypes', text: '- hosts: all\n  tasks: [{__proto__: {command: id}}]' },
    { about: 'an unknown tag', text: '- hosts: !!python/object/apply:os.system [id]' },
    { about: 'a vault of nothing', text: '$ANSIBLE_VAULT;1.1;AES256\n00' },
    { about: 'a vault of 4 MB', text: `$ANSIBLE_VAULT;1.1;AES256\n${'61'.repeat(2_000_000)}\n` },
    { about: 'another vault', text: '$ANSIBLE_VAULT;9.9;\x1b[31m\n00' },
  ])('$about', ({ text }) => {
    const found = quickly(() => loadPlaybook(written(text), knows));
    expect(found).toMatchObject({ code: expect.any(String), hint: expect.stringMatching(/\S/) });
    expect(messageOf(found).length).toBeLessThan(1000);
  });
});

describe('a plan file of somebody else', () => {
  test.each(SPECIAL)('$about', ({ make, code }) => {
    const path = fresh('\x1b[31m');
    make(path);
    expect(quickly(() => loadPlan(path))).toMatchObject({ code });
  });

  test.each([...HOSTILE, ...LARGE])('$about as the whole and as each of its texts', ({ text }) => {
    const plan = (said: string) => ({
      format: 'fix-flannel-plan/1',
      version: said,
      madeAt: '2026-11-24T22:00:00Z',
      by: said,
      salt: '0'.repeat(32),
      asked: { inventory: said, playbook: said, limit: said, tags: [said], skipTags: [], extraVars: said },
      hosts: { [said]: { changes: [], basis: { [said]: said } } },
      cluster: { changes: [], basis: {} },
      notShown: { [said]: said },
      [said]: said,
    });
    for (const content of [text, JSON.stringify(plan(text)), `{"format":${JSON.stringify(text)}}`]) {
      const found = quickly(() => readPlan(content, 'plan.json'));
      if (found instanceof Error) {
        expect(found).toMatchObject({ code: 'plan/invalid' });
        expect(messageOf(found).length).toBeLessThan(2000);
      }
    }
  });
});

describe('the state folder, written by somebody else', () => {
  let state: string;
  let run: string;
  beforeEach(() => {
    state = fresh('state');
    run = join(state, 'runs', HEADER.id);
    mkdirSync(join(run, 'hosts'), { recursive: true, mode: 0o700 });
    mkdirSync(join(run, 'images'));
    writeFileSync(join(run, 'run.json'), `${JSON.stringify(HEADER)}\n`);
    writeFileSync(join(run, 'end.json'), `${JSON.stringify(ENDING)}\n`);
  });

  /** Both commands in both forms; what they print. */
  function told(): string {
    const settings = { paint: plain, width: 100 };
    const lines: string[] = [];
    quickly(() => {
      const { runs, damage } = listRuns(state);
      lines.push(...runsText(runs, settings), ...damage.map((line) => printableLine(line)));
      lines.push(jsonWithoutControls(JSON.stringify({ runs, damage })));
    });
    const shown = quickly(() => {
      lines.push(...runText(readRun(state, HEADER.id), settings));
    });
    if (shown instanceof Error) lines.push(printableLine(shown.message));
    const text = lines.join('\n');
    expectHarmless(text);
    return text;
  }

  test.each([...HOSTILE, ...LARGE])('$about', ({ text }) => {
    const header = {
      ...HEADER,
      inventory: text,
      playbook: text,
      by: text,
      startedAt: text,
      version: text,
      tags: [text],
    };
    writeFileSync(join(run, 'run.json'), JSON.stringify({ ...header, id: text }));
    writeFileSync(join(run, 'end.json'), JSON.stringify({ ...ENDING, line: text, endedAt: text }));
    const at = text;
    const entries = [
      { host: text },
      {
        kind: 'before',
        at,
        image: {
          files: [
            { kind: 'other', path: text, what: text },
            { kind: 'link', path: text, target: text },
          ],
          units: [{ name: text, active: text, enabled: text }],
        },
      },
      { kind: 'note', at, note: { [text]: text, deep: [[text]] } },
      { kind: 'begin', at, step: 1, task: text, module: text, why: text, undoable: true },
      { kind: 'state', at, state: 'failed', why: text },
    ];
    const file = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    writeFileSync(join(run, 'hosts', 'a.ndjson'), `${file}${text}\n`);
    writeFileSync(join(run, 'cluster.ndjson'), `${JSON.stringify({ at, what: text })}\n${text}\n`);
    told();
  });

  test.each([
    { about: 'a header that leads out', file: 'run.json' },
    { about: 'an end that leads out', file: 'end.json' },
    { about: "a host's entries that lead out", file: 'hosts/a.ndjson' },
  ])('$about is not followed', ({ file }) => {
    const outside = written(JSON.stringify({ ...HEADER, by: 'OUTSIDE', line: 'OUTSIDE', host: 'OUTSIDE' }));
    rmSync(join(run, file), { force: true });
    symlinkSync(outside, join(run, file));
    expect(told()).not.toContain('OUTSIDE');
  });

  test("a run's folder that leads out is no run", () => {
    cpSync(run, join(root, 'elsewhere'), { recursive: true });
    symlinkSync(join(root, 'elsewhere'), join(state, 'runs', '20991231T000000Z-out'));
    expect(listRuns(state).runs).toHaveLength(1);
  });

  test.each(['run.json', 'end.json', 'hosts/a.ndjson', 'cluster.ndjson'])(
    'a pipe in place of %s is not waited for',
    (file) => {
      rmSync(join(run, file), { force: true });
      execFileSync('mkfifo', [join(run, file)]);
      told();
    },
  );

  test.each(['run.json', 'end.json', 'hosts/a.ndjson'])('30 MB of nothing and deep JSON as %s', (file) => {
    writeFileSync(join(run, file), DEEP);
    told();
    truncateSync(join(run, file), 30 * 1024 * 1024);
    told();
  });

  test('a million lines that are none', () => {
    writeFileSync(join(run, 'hosts', 'a.ndjson'), `{"host":"a"}\n${'x\n'.repeat(1_000_000)}`);
    expect(told().length).toBeLessThan(64 * 1024);
  });
});

/**
 * Every other file is read by `readText` and `readRegularFile`, which look at what it is and how large it is first.
 * These look for themselves, or read what nobody but the kernel, root and this program writes.
 */
const READ_THEMSELVES = [
  'src/cli/login-secrets.ts',
  'src/cli/program-version.ts',
  'src/cli/schedule-place.ts',
  'src/cli/this-process.ts',
  'src/core/read-text.ts',
  'src/journal/read-runs.ts',
  'src/transport/known-hosts.ts',
  'src/transport/private-key.ts',
  'src/transport/ssh-config-file.ts',
  'src/vault/password-source.ts',
];

test('a file that an operator names is looked at before it is read', () => {
  const readers = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join('src', name))
    .filter((file) => /\breadFile(Sync)?\b[^;]*from 'node:fs|createReadStream/.test(readFileSync(file, 'utf8')));

  expect(readers.filter((file) => !READ_THEMSELVES.includes(file))).toEqual([]);
});

function blocks(levels: number): string {
  const lines = Array.from({ length: levels }, (_, at) => `${'  '.repeat(at + 1)}- block:\n`).join('');
  return `- hosts: all\n  tasks:\n${lines}${'  '.repeat(levels + 1)}- ping:\n`;
}

function laughs(): string {
  return [...'bcdefghij'].map((name, at) => `    ${name}: &${name} [${`*${'abcdefghi'[at]},`.repeat(9)}]\n`).join('');
}
