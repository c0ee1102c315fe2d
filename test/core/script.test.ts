import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinScripts, printBytes, quoted, type Script, Secret, sh } from '../../src/core/script.js';
import { anyText } from '../support/any-text.js';
import { inTurn, runsInGate } from '../support/in-gate.js';
import { SHELLS, type Shell } from '../support/local-shell.js';

/** Text that shells have read as more than text, and any other. */
const word = fc.oneof(
  anyText({ maxLength: 80 }),
  fc.string({ unit: fc.constantFrom(...'\'"`\\$(){};&|!#~*?[]<>=-\n\r\t %^a0'), maxLength: 60 }),
  fc.constantFrom(
    "'",
    "'\\''",
    '$(touch /tmp/owned)',
    '`id`',
    '\n',
    '-n',
    '--',
    '-e \\a',
    '~root',
    '*',
    '${x:-y}',
    '\\',
    '!!',
    '\u001b[2J',
    '\ufeff',
    '\ud800',
    '\u00a0',
    'a\r\nb',
    '$((1/0))',
  ),
);

const withoutNul = word.map((text) => text.replaceAll('\0', ''));

/** What a text is on the wire: a lone half of a surrogate pair has no UTF-8. */
const onTheWire = (text: string) => Buffer.from(text);

/** What one run of a shell is asked for several of, since starting it is the dearest. */
const several = { minLength: 8, maxLength: 12 };

function runIn({ argv, env }: Shell, text: string) {
  const ran = spawnSync(argv[0] as string, argv.slice(1), {
    input: text,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', ...env },
    maxBuffer: 2 ** 27,
    timeout: 50_000,
  });
  return { stdout: ran.stdout, stderr: ran.stderr.toString(), status: ran.status };
}

/** The output of scripts that are run one after the other by one shell, with a line after each. */
const runAll = (shell: Shell, scripts: readonly Script[]) =>
  runIn(shell, joinScripts(scripts.flatMap((script, index) => [script, sh`printf '=%s=\n' ${index}`])).text);

const outputs = (all: readonly Buffer[]) =>
  Buffer.concat(all.flatMap((one, index) => [one, Buffer.from(`=${index}=\n`)]));

describe.each(SHELLS)('sh, read by $shell', (shell) => {
  test('any words reach a program as they are, each as one', () => {
    // Each argument, and a NUL after it: nothing else could tell where one ends.
    const show = sh`show() { for arg do printf '%s\0' "$arg"; done; }`;
    fc.assert(
      fc.property(fc.array(fc.array(withoutNul, { maxLength: 8 }), several), (lists) => {
        const scripts = lists.map((words) => sh`${show}; show ${words} ${new Secret('x')} end`);
        const { stdout, stderr } = runAll(shell, scripts);
        const expected = lists.map((words) =>
          Buffer.concat([...words, 'x', 'end'].map((text) => Buffer.concat([onTheWire(text), Buffer.alloc(1)]))),
        );
        expect(stdout).toEqual(outputs(expected));
        expect(stderr).toBe('');
      }),
      { numRuns: runsInGate(15) },
    );
  });

  test('a script within a script within a script is still one word', () => {
    fc.assert(
      fc.property(fc.array(withoutNul, several), (texts) => {
        const scripts = texts.map((text) => {
          const inner = sh`printf %s ${text}`;
          const middle = sh`eval ${inner.text}`;
          return sh`( eval ${middle.text} ) </dev/null`;
        });
        expect(runAll(shell, scripts).stdout).toEqual(outputs(texts.map(onTheWire)));
      }),
      { numRuns: runsInGate(15) },
    );
  });

  test('any bytes are printed as they are', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), several), (all) => {
        expect(runAll(shell, all.map(printBytes)).stdout).toEqual(outputs(all.map((bytes) => Buffer.from(bytes))));
      }),
      { numRuns: runsInGate(15) },
    );
  });

  test('a word of 100 KB of quotes', () => {
    const text = "'".repeat(100_000);
    expect(runIn(shell, sh`printf %s ${text}`.text).stdout.equals(Buffer.from(text))).toBe(true);
  });
});

// Quotes come first, and so under dash: bash takes 10 s of a slow machine for them.
test.each(
  inTurn(
    [
      { about: 'of quotes', text: "'".repeat(1_000_000) },
      { about: 'of what looks like commands', text: '$(id)`id`;'.repeat(100_000) },
      { about: 'of one character', text: 'x'.repeat(1_000_000) },
      { about: 'of line feeds', text: '\n'.repeat(1_000_000) },
    ],
    SHELLS,
  ),
)('a word of 1 MB $about, read by $shell', ({ text, ...shell }) => {
  const { stdout } = runIn(shell, sh`printf %s ${text}`.text);
  expect(stdout.equals(Buffer.from(text))).toBe(true);
});

describe('a script', () => {
  test.each(['\0', 'a\0b', '$\0'])('takes no NUL: %j', (text) => {
    expect(() => sh`echo ${text}`).toThrow(RangeError);
    expect(() => sh`echo ${new Secret(text)}`).toThrow(RangeError);
    expect(() => sh`echo ${[['a'], [text]]}`).toThrow(RangeError);
    expect(() => quoted(text)).toThrow(RangeError);
  });

  test('shows no secret, however deep it stands', () => {
    fc.assert(
      fc.property(withoutNul, (text) => {
        const secret = `s3cr3t-${text}`;
        const script = joinScripts([
          sh`echo ${[new Secret(secret), ['a', new Secret(secret)]]}`,
          sh`${sh`x ${new Secret(secret)}`}`,
        ]);
        expect(script.shown).not.toContain('s3cr3t');
        expect(script.text.split('s3cr3t')).toHaveLength(4);
      }),
    );
  });
});
