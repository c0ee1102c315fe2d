import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Connection } from '../../src/core/connection.js';
import { ABSENT, type Ask, ask, defineFact } from '../../src/core/fact.js';
import { printBytes, type Script, scriptAsWritten, sh } from '../../src/core/script.js';
import { readAsks } from '../../src/engine/gather.js';
import { connectLocal } from '../../src/transport/connect-local.js';

const NONCE = '0123456789abcdef01234567';
const LIMITS = { nonce: NONCE, timeoutMs: 10_000 };

/** A fact whose query is its script and whose value is what that printed. */
const printed = defineFact<Script, Buffer>({
  name: 'test.printed',
  about: 'what a script prints',
  script: (script) => script,
  parse: (_, __, bytes) => Buffer.from(bytes),
});

const picky = defineFact<Script, string>({
  ...printed,
  name: 'test.picky',
  parse(stdout) {
    if (!stdout.startsWith('good')) throw new Error(`${stdout} is not good`);
    return stdout;
  },
});

const said = (text: string) => ask(printed, scriptAsWritten(text));

describe('readAsks on a real shell', () => {
  let connection: Connection;
  beforeAll(async () => {
    connection = await connectLocal('here');
  });
  afterAll(() => connection.close());

  const read = async (text: string) => {
    const { before, it, after } = await readAsks(
      connection,
      { before: said('printf before'), it: said(text), after: said('printf after') },
      LIMITS,
    );
    // Whatever one fact does, its neighbours are read.
    expect([before, after].map((one) => one.state === 'present' && one.value.toString())).toEqual(['before', 'after']);
    return it;
  };

  test.each([
    { about: 'no output', text: ':', value: '' },
    { about: 'output with an end of line', text: 'echo x', value: 'x\n' },
    { about: 'output without one', text: 'printf x', value: 'x' },
    { about: 'blank lines at the end', text: "printf 'x\\n\\n\\n'", value: 'x\n\n\n' },
    { about: 'NULs', text: "printf 'a\\000b'", value: 'a\0b' },
    { about: 'an early exit 0', text: 'printf x; exit 0; printf y', value: 'x' },
    { about: 'another variable of the same name as before', text: 'x=$x$x; printf "%s" "$x"', value: '' },
    { about: 'input that is empty', text: 'cat', value: '' },
    { about: 'what it says on standard error beside it', text: 'echo oops >&2; printf x', value: 'x' },
    { about: 'a boundary of another nonce', text: `printf '\\n%s 0\\n' 00000000`, value: '\n00000000 0\n' },
    { about: 'a boundary that is not at the start of a line', text: `printf ' ${NONCE} 0\\n'`, value: ` ${NONCE} 0\n` },
    { about: 'the nonce alone', text: `printf '\\n${NONCE}'`, value: `\n${NONCE}` },
  ])('present: $about', async ({ text, value }) => {
    expect(await read(text)).toEqual({ state: 'present', value: Buffer.from(value) });
  });

  test('absent: the script says so by its exit status', async () => {
    expect(await read(`echo half; exit ${ABSENT}`)).toEqual({ state: 'absent' });
  });

  test.each([
    { about: 'what it said, where it failed', text: 'echo no right >&2; exit 3', why: /^no right$/ },
    { about: 'its status, where it said nothing', text: 'echo half; exit 3', why: /ended with 3/ },
    { about: 'a quote that nothing closes', text: "printf 'x", why: /./ },
    { about: 'a bracket that nothing closes', text: '( printf x', why: /./ },
    { about: 'a bracket too many', text: 'printf x )', why: /./ },
    { about: 'a here-document without an end', text: 'no_such_program <<E\nx', why: /no_such_program/ },
    { about: 'a program that there is not', text: 'no_such_program', why: /no_such_program/ },
    { about: 'a signal', text: 'kill -9 "$(exec sh -c \'echo $PPID\')"', why: /Killed|137/ },
    { about: 'escape codes, made visible', text: "printf '\\033[31mno' >&2; exit 1", why: /^\\x1b\[31mno$/ },
  ])('unreadable: $about', async ({ text, why }) => {
    expect(await read(text)).toEqual({ state: 'unreadable', why: expect.stringMatching(why) });
  });

  test('unreadable: what its parser does not take, on one line', async () => {
    const readings = await readAsks(
      connection,
      { bad: ask(picky, sh`printf ${'bad\n\u0007'}`), good: ask(picky, sh`printf good`) },
      LIMITS,
    );
    expect(readings).toEqual({
      bad: { state: 'unreadable', why: 'test.picky: bad\\n\\x07 is not good' },
      good: { state: 'present', value: 'good' },
    });
  });

  test('nothing is asked where there are no questions', async () => {
    const silent = { ...connection, run: () => Promise.reject(new Error('asked')) };
    expect(await readAsks(silent, {}, LIMITS)).toEqual({});
  });

  test('no output of a fact, of whatever bytes, forges the reading of another', async () => {
    // Bytes, and everything that looks like the end of a part but for the nonce.
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.stringMatching(/^\n[0-9a-f]{24} (0|44|1)\n$/).map((text) => Buffer.from(text)),
      fc.constantFrom('\n', `\n${NONCE.slice(0, -1)} 0\n`, `${NONCE}0 44\n`, '\n 0\n').map((text) => Buffer.from(text)),
    );
    const output = fc.array(piece, { maxLength: 4 }).map((pieces) => Buffer.concat(pieces));
    const status = fc.constantFrom(0, 0, 0, ABSENT, 7);
    const part = fc.record({ stdout: output, stderr: output, status });
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 5 }), async (parts) => {
        const asks = parts.map(({ stdout, stderr, status: exit }, index) => [
          `part ${index}`,
          ask(printed, sh`${printBytes(stdout)}; ${printBytes(stderr)} >&2; exit ${exit}`),
        ]);
        const readings = Object.values(
          await readAsks<Record<string, Ask<Buffer>>>(connection, Object.fromEntries(asks), LIMITS),
        );
        expect(readings.map(({ state }) => state)).toEqual(
          parts.map(({ status: exit }) => (exit === 0 ? 'present' : exit === ABSENT ? 'absent' : 'unreadable')),
        );
        const values = readings.flatMap((reading) => (reading.state === 'present' ? [reading.value] : []));
        expect(values).toEqual(parts.filter(({ status: exit }) => exit === 0).map(({ stdout }) => stdout));
      }),
      { numRuns: 60 },
    );
  });
});

describe('readAsks of an answer that is torn', () => {
  const whole = `first\n${NONCE} 0\nsecond\n${NONCE} 0\n`;
  const torn = async (stdout: string, status = 0) => {
    const connection: Connection = {
      host: 'torn',
      run: async () => ({ stdout: Buffer.from(stdout), stderr: Buffer.from(`\n${NONCE} 0\n`), status }),
      tunnel: () => Promise.reject(new Error('no tunnel')),
      close: async () => {},
    };
    const readings = await readAsks(connection, { one: said(''), two: said('') }, LIMITS);
    return Object.values(readings).map((reading) =>
      reading.state === 'present' ? reading.value.toString() : reading.state === 'unreadable' ? reading.why : 'absent',
    );
  };
  const PART = 'the host answered only in part';

  test.each([
    { about: 'whole', at: whole.length, readings: ['first', 'second'] },
    { about: 'within the last boundary', at: whole.length - 1, readings: ['first', PART] },
    { about: 'before the last boundary', at: whole.length - 28, readings: ['first', PART] },
    { about: 'within the first boundary', at: 20, readings: [PART, PART] },
    { about: 'at once', at: 0, readings: [PART, PART] },
  ])('$about', async ({ at, readings }) => {
    expect(await torn(whole.slice(0, at))).toEqual(readings);
  });

  test('a boundary with no status is no success', async () => {
    expect(await torn(`first\n${NONCE} \nsecond\n${NONCE} x\n`)).not.toContain('first');
  });
});
