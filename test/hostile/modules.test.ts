import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Ask, ask, defineFact } from '../../src/core/fact.js';
import { scriptAsWritten, sh } from '../../src/core/script.js';
import { printable, printableLine } from '../../src/core/text.js';
import { readAsks } from '../../src/engine/gather.js';
import { ownFolder } from '../../src/modules/own-folder.js';
import { anyText } from '../support/any-text.js';
import { runsInGate } from '../support/in-gate.js';
import { runLocally, SHELLS } from '../support/local-shell.js';
import { runModule } from '../support/run-module.js';
import { SHELLS_IN_TURN } from '../support/taking-turns.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hostile-'));
  mkdirSync(join(root, 'in'));
  writeFileSync(join(root, 'outside'), 'untouched');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Names that a shell, an option parser or a terminal would rather act on than take as they are. */
const NAMES = [
  '$(touch ../canary)',
  '`touch ../canary`',
  "'; touch ../canary; '",
  '"; touch ../canary; "',
  'a\ntouch ../canary\n',
  '; touch ../canary #',
  '| touch ../canary',
  '&& touch ../canary',
  '--help',
  '-rf',
  '\x1b]0;x\x07\x1b[2J',
  '\u009b31m\u202e',
  '%s%n\\n\\0',
  '* ? [a-z] {a,b}',
  '${IFS}touch$IFS../canary',
  '~root',
  '!!',
  'é💥\ud83d',
];

describe.each(SHELLS_IN_TURN)('whatever a task is told stays a word under $shell', ({ argv, env, turn }) => {
  turn.each(NAMES)('%j', (name) => {
    const how = { argv, env, cwd: join(root, 'in') };
    const path = join(root, 'in', name.replaceAll('/', '_'));
    for (const [module, args] of [
      ['copy', { dest: path, content: name }],
      ['file', { path, state: 'touch' }],
      ['stat', { path }],
      ['slurp', { src: path }],
      ['lineinfile', { path, line: name }],
      ['command', { argv: ['printf', '%s', name] }],
      ['file', { path, state: 'absent' }],
    ] as const) {
      runModule(module, args, how);
      expect([module, existsSync(join(root, 'canary')), readdirSync(root).sort()]).toEqual([
        module,
        false,
        ['in', 'outside'],
      ]);
    }
    expect(readFileSync(join(root, 'outside'), 'utf8')).toBe('untouched');
  });
});

describe('the folder that run state is moved to', () => {
  test.each(SHELLS)('is made once, and is ours, under $shell', (shell) => {
    const folder = join(root, 'in', 'own');
    expect(runLocally(ownFolder(folder), shell).status).toBe(0);
    expect(runLocally(ownFolder(folder), shell).status).toBe(0);
  });

  test.each(SHELLS)('is refused where somebody else has put a link or a folder, under $shell', (shell) => {
    symlinkSync(join(root, 'in'), join(root, 'link'));
    expect(runLocally(ownFolder(join(root, 'link')), shell)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('is a link'),
    });
    mkdirSync(join(root, 'bobs'));
    runLocally(sh`chown 65534 ${join(root, 'bobs')}`);
    expect(runLocally(ownFolder(join(root, 'bobs')), shell).status).toBe(1);
    expect(runLocally(ownFolder(join(root, 'bobs', 'x')), shell).status).toBe(1);
  });
});

test('nothing that is printed drives a terminal', () => {
  fc.assert(
    fc.property(fc.oneof(anyText(), fc.constantFrom(...NAMES)), (text) => {
      expect(printable(text)).not.toMatch(
        /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Cs}/u,
      );
      expect(printableLine(text)).not.toMatch(/[\n\t]/);
      expect(printableLine(text).length).toBeLessThanOrEqual(300);
    }),
    { numRuns: 1000 },
  );
});

test('whatever one fact prints, the others are read as they are', async () => {
  const says = defineFact({
    name: 'says',
    about: '',
    script: (text: string) => sh`printf %s ${text}`,
    parse: (stdout) => stdout,
  });
  const raw = defineFact({
    name: 'raw',
    about: '',
    script: (text: string) => scriptAsWritten(text),
    parse: (stdout) => stdout,
  });
  const connection = {
    host: 'here',
    run: async (script: { text: string }) => {
      const { stdout, stderr, status } = runLocally({ text: script.text, shown: '' });
      return { stdout, stderr: Buffer.from(stderr), status };
    },
    tunnel: () => Promise.reject(new Error('none')),
    close: async () => {},
  };
  const noise = fc.oneof(
    fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
    fc.constantFrom('\n0123456789abcdef 0\n', '\n0123456789abcde', "'", '"', '\\', '$(exit 3)'),
  );
  const scripts = fc.shuffledSubarray(BREAKING, { minLength: BREAKING.length });
  const texts = fc.array(noise, { minLength: BREAKING.length + 1, maxLength: BREAKING.length + 1 });
  await fc.assert(
    fc.asyncProperty(texts, scripts, async (said, broken) => {
      const asks = said.flatMap((text, index): [string, Ask][] => {
        const after: [string, Ask][] =
          broken[index] === undefined ? [] : [[`broken ${index}`, ask(raw, broken[index])]];
        return [[`says ${index}`, ask(says, text)], ...after];
      });
      const read = await readAsks(connection, Object.fromEntries(asks), { nonce: 'fedcba9876543210', timeoutMs: 5000 });
      const heard = said.map((_, index) => read[`says ${index}`]);
      expect(heard).toEqual(said.map((value) => ({ state: 'present', value })));
    }),
    { numRuns: runsInGate(20) },
  );
});

/** Scripts that end, or take the shell that runs them to be at another place than it is. */
const BREAKING = [
  'exit 7',
  'echo "',
  "echo '",
  '}',
  ')',
  'exec true',
  'set -eu; false',
  'cat <<X',
  'trap "echo x" EXIT',
  'fi',
];
