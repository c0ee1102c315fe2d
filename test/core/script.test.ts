import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinScripts, printBytes, quoted, Secret, sh } from '../../src/core/script.js';
import { SHELLS } from '../support/local-shell.js';

/** Text that shells have read as more than text, and any other. */
const word = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
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

describe.each(SHELLS)('sh, read by $shell', ({ argv, env }) => {
  const run = (text: string) => {
    const ran = spawnSync(argv[0] as string, argv.slice(1), {
      input: text,
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', ...env },
      maxBuffer: 2 ** 27,
      timeout: 15_000,
    });
    return { stdout: ran.stdout, stderr: ran.stderr.toString(), status: ran.status };
  };

  test('any words reach a program as they are, each as one', () => {
    fc.assert(
      fc.property(fc.array(withoutNul, { maxLength: 8 }), (words) => {
        // Each argument, and a NUL after it: nothing else could tell where one ends.
        const script = sh`show() { for arg do printf '%s\0' "$arg"; done; }; show ${words} ${new Secret('x')} end`;
        const { stdout, stderr } = run(script.text);
        const expected = [...words, 'x', 'end'].map((text) => Buffer.concat([onTheWire(text), Buffer.alloc(1)]));
        expect(stdout).toEqual(Buffer.concat(expected));
        expect(stderr).toBe('');
      }),
      { numRuns: 60 },
    );
  });

  test('a script within a script within a script is still one word', () => {
    fc.assert(
      fc.property(withoutNul, (text) => {
        const inner = sh`printf %s ${text}`;
        const middle = sh`eval ${inner.text}`;
        const { stdout } = run(sh`( eval ${middle.text} ) </dev/null`.text);
        expect(stdout).toEqual(onTheWire(text));
      }),
      { numRuns: 30 },
    );
  });

  test('any bytes are printed as they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(run(printBytes(bytes).text).stdout).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    { about: 'of one character', text: 'x'.repeat(1_000_000) },
    { about: 'of quotes', text: "'".repeat(1_000_000) },
    { about: 'of line feeds', text: '\n'.repeat(1_000_000) },
    { about: 'of what looks like commands', text: '$(id)`id`;'.repeat(100_000) },
  ])('a word of 1 MB $about', ({ text }) => {
    const { stdout } = run(sh`printf %s ${text}`.text);
    expect(stdout.equals(Buffer.from(text))).toBe(true);
  });
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
