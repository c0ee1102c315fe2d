import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { printBytes, sh } from '../../src/core/script.js';
import { frameDecoder, frameText } from '../../src/transport/frame.js';
import { anyText } from '../support/any-text.js';
import { runsInGate } from '../support/in-gate.js';

const NONCE = '00112233445566778899aabb';

describe('frameDecoder', () => {
  const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));

  test('gives back any output, whatever the chunks and whatever came before', () => {
    fc.assert(
      fc.property(
        bytes,
        bytes,
        bytes,
        fc.nat(255),
        fc.integer({ min: 1, max: 40 }),
        (noise, out, err, status, size) => {
          const decoder = frameDecoder(NONCE);
          const stdout = [noise, `b-${NONCE} 4711\n`, out, `e-${NONCE} ${status}\n`, noise];
          for (const chunk of chunks(stdout, size)) decoder.stdout(chunk);
          expect(decoder.result()).toBeUndefined();
          for (const chunk of chunks([noise, `b-${NONCE}\n`, err, `e-${NONCE}\n`, noise], size)) decoder.stderr(chunk);
          expect(decoder.result()).toEqual({ stdout: out, stderr: err, status });
          expect(decoder.pid()).toBe(4711);
        },
      ),
    );
  });

  test.each([
    { about: 'output that looks like the start of a mark', out: `e-${NONCE.slice(0, 20)}` },
    { about: 'the begin mark printed again', out: `b-${NONCE} 1\n` },
    { about: 'the end mark of another frame', out: 'e-ffffffffffffffffffffffff 0\n' },
    { about: 'nothing at all', out: '' },
  ])('is not confused by $about', ({ out }) => {
    const decoder = frameDecoder(NONCE);
    for (const chunk of chunks([`b-${NONCE} 1\n`, out, `e-${NONCE} 7\n`], 1)) decoder.stdout(chunk);
    decoder.stderr(Buffer.from(`b-${NONCE}\ne-${NONCE}\n`));
    expect(decoder.result()).toEqual({ stdout: Buffer.from(out), stderr: Buffer.alloc(0), status: 7 });
  });

  test('tells what was printed before the end has come, and no pid where there is no /proc', () => {
    const decoder = frameDecoder(NONCE);
    decoder.stdout(Buffer.from(`b-${NONCE} \npart`));
    decoder.stderr(Buffer.from(`b-${NONCE}\nwarn`));
    expect(decoder.printed()).toEqual({ stdout: Buffer.from('part'), stderr: Buffer.from('warn') });
    expect([decoder.pid(), decoder.result()]).toEqual([undefined, undefined]);
  });

  test('keeps only the end of noise', () => {
    const decoder = frameDecoder(NONCE);
    for (let n = 0; n < 100; n += 1) decoder.stdout(Buffer.alloc(1000, 'x'));
    expect(decoder.noise().stdout.length).toBeLessThan(9000);
    expect(decoder.bytes()).toBe(100_000);
  });

  test('takes 20 MB in small chunks in linear time', () => {
    const time = (chunkCount: number) => {
      const decoder = frameDecoder(NONCE);
      decoder.stdout(Buffer.from(`b-${NONCE} 1\n`));
      const chunk = Buffer.alloc(200, 'x');
      const start = performance.now();
      for (let n = 0; n < chunkCount; n += 1) decoder.stdout(chunk);
      return performance.now() - start;
    };
    time(5000);
    // Five times the input may take a good deal more than five times as long, but not 25 times.
    expect(time(100_000)).toBeLessThan(20 * Math.max(time(20_000), 5));
  });
});

const isThere = (name: string) => existsSync(`/bin/${name}`) || existsSync(`/usr/bin/${name}`);

/** The shells that a host may have as `sh`, of those on this machine. Its own is one of them on Debian. */
const SHELLS = [
  ...(isThere('dash') && realpathSync('/bin/sh') === realpathSync('/bin/dash') ? [] : [['sh']]),
  ['dash'],
  ['bash'],
  ['bash', '--posix'],
  ['busybox', 'ash'],
  ['mksh'],
  ['zsh', '--emulate', 'sh'],
].filter(([name = '']) => isThere(name));

describe.each(SHELLS.map((words) => ({ words, name: words.join(' ') })))('frameText in $name', ({ words }) => {
  const [file = '', ...args] = words;
  const none = Buffer.alloc(0);

  /** Sends frames to one shell, one after the other, and decodes what each printed. */
  function exchange(scripts: readonly string[]) {
    const nonces = scripts.map((_, index) => `${NONCE}${index}`);
    const input = scripts.map((script, index) => frameText(script, nonces[index] ?? '')).join('');
    const shell = spawnSync(file, args, { input, maxBuffer: 2 ** 27, timeout: 30_000 });
    return nonces.map((nonce) => {
      const decoder = frameDecoder(nonce);
      decoder.stdout(shell.stdout);
      decoder.stderr(shell.stderr);
      return decoder.result();
    });
  }

  test('any bytes a script prints come back, and any text it is given', () => {
    const trial = fc.record({
      bytes: fc.uint8Array({ maxLength: 200 }),
      word: anyText({ maxLength: 60 }).map((text) => text.replaceAll('\0', '')),
      status: fc.nat(255),
    });
    fc.assert(
      fc.property(fc.array(trial, { minLength: 3, maxLength: 5 }), (trials) => {
        const scripts = trials.map(
          ({ bytes, word, status }) => sh`${printBytes(bytes)}; printf %s ${word} >&2; exit ${status}`.text,
        );
        const expected = trials.map(({ bytes, word, status }) => ({
          stdout: Buffer.from(bytes),
          stderr: Buffer.from(Buffer.from(word).toString()),
          status,
        }));
        expect(exchange(scripts)).toEqual(expected);
      }),
      { numRuns: runsInGate(15) },
    );
  });

  test('any text at all as a script leaves the shell ready for the next', () => {
    // Characters that shells care for, in any order; nothing here can name a command or reach a file.
    const text = fc.string({ unit: fc.constantFrom(...'\'"`\\$(){};&|!#~*?[]\n \t=-'), maxLength: 40 });
    fc.assert(
      fc.property(fc.array(text, { minLength: 4, maxLength: 6 }), (texts) => {
        const results = exchange(texts.flatMap((script) => [`PATH=/nowhere\n${script}`, 'echo ready']));
        const ready = results.filter((_, index) => index % 2 === 1);
        expect(ready).toEqual(texts.map(() => ({ stdout: Buffer.from('ready\n'), stderr: none, status: 0 })));
      }),
      { numRuns: runsInGate(15) },
    );
  });

  const hostile = [
    { about: 'exit', script: 'exit 9', status: 9 },
    { about: 'return out of nowhere', script: 'set -e; false; echo no', status: 1 },
    { about: 'its output closed', script: 'exec >&- 2>&-; exit 4', status: 4 },
    { about: 'descriptor 9 closed', script: 'exec 9>&-; exit 5', status: 5 },
    { about: "a function named as the frame's commands", script: 'printf() { :; }; read() { :; }; exit 6', status: 6 },
    { about: 'traps of its own', script: 'trap "exit 8" EXIT; exit 7', status: 8 },
    {
      about: 'a change of folder, mask and variables',
      script: 'cd /; umask 0; PATH=; IFS=x; LC_ALL=; exit 3',
      status: 3,
    },
  ];
  const signalled = `: hunter2; kill -9 "$(exec sh -c 'echo $PPID')"`;
  const curious = 'echo "$_"; set; set -x; :';
  let results: ReturnType<typeof exchange>;
  beforeAll(() => {
    const scripts = hostile.flatMap(({ script }) => [script, 'echo "$PATH"; read x || echo at end']);
    results = exchange([...scripts, signalled, 'echo next', curious]);
  });
  test.each(hostile.map((row, index) => ({ ...row, index })))('holds against $about', ({ index, status }) => {
    const [first, next] = results.slice(2 * index);
    expect(first?.status).toBe(status);
    expect(next?.stdout.toString()).toMatch(/^\/.*\nat end\n$/);
  });

  test('a script that a signal ends says nothing of its own text, where a secret may stand', () => {
    const [killed, next] = results.slice(-3);
    expect(killed?.status).toBe(137);
    expect(killed?.stderr.toString()).not.toContain('hunter2');
    expect(next?.stdout.toString()).toBe('next\n');
  });

  test('the script cannot learn its end mark', () => {
    const told = results.at(-1);
    expect(told?.status).toBe(0);
    expect(`${told?.stdout}${told?.stderr}`).not.toContain(`e-${NONCE}`);
  });
});

function chunks(parts: readonly (string | Buffer)[], size: number): Buffer[] {
  const all = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.subarray(index * size, (index + 1) * size),
  );
}
