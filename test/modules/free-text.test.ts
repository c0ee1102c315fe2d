import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { joinScripts, quoted, sh } from '../../src/core/script.js';
import { splitWords, UnbalancedText } from '../../src/core/words.js';
import { bool, list, octalMode } from '../../src/modules/arguments.js';
import { expandedWord } from '../../src/modules/expanded-word.js';
import { expandTemplate, pythonRegExp } from '../../src/modules/python-regexp.js';
import { anyText } from '../support/any-text.js';
import { runsInGate } from '../support/in-gate.js';
import { runLocally, SHELLS } from '../support/local-shell.js';
import { runModule } from '../support/run-module.js';
import { SHELLS_IN_TURN } from '../support/taking-turns.js';

const plainText = anyText().filter((text) => !text.includes('\0'));

describe('splitWords', () => {
  test.each([
    [`a  "b c" 'd e'`, ['a', 'b c', 'd e']],
    [`a\\ b "c\\"d" 'e\\f' ""`, ['a b', 'c"d', 'e\\f', '']],
    [`"a\\b" x"y"'z'`, ['a\\b', 'xyz']],
    ['  ', []],
    ['a # b', ['a', '#', 'b']],
  ])('%s', (line, words) => expect(splitWords(line)).toEqual(words));

  test('gives back whatever was quoted', () => {
    fc.assert(
      fc.property(fc.array(plainText), (words) => {
        expect(splitWords(words.map(quoted).join(' '))).toEqual(words);
      }),
    );
  });

  test('any text is split or unbalanced, nothing else', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          splitWords(text);
        } catch (error) {
          expect(error).toBeInstanceOf(UnbalancedText);
        }
      }),
    );
  });
});

test('a word of a command reaches the program as it was written, on any shell', () => {
  const word = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((text) => !/\0|\$[A-Za-z_{]|^~/.test(text));
  fc.assert(
    fc.property(fc.array(word, { minLength: 8, maxLength: 16 }), fc.constantFrom(...SHELLS), (texts, { argv, env }) => {
      const words = joinScripts(texts.map((text) => sh`printf '%s\0' ${expandedWord(text)}`));
      const ran = runLocally(words, { argv, env });
      expect(ran.stdout.toString('utf8').split('\0')).toEqual([...texts, '']);
    }),
    { numRuns: runsInGate(60) },
  );
});

describe('pythonRegExp', () => {
  test.each([
    ['a$ stands before a last line feed', 'a$', 'a\n', true],
    ['a$ does not stand before another', 'a$', 'a\nb', false],
    ['\\Z is the very end', 'a\\Z', 'a\n', false],
    ['a dot takes a carriage return', 'a.b', 'a\rb', true],
    ['a dot takes no line feed', 'a.b', 'a\nb', false],
    ['(?s) makes it take one', '(?s)a.b', 'a\nb', true],
    ['(?i) is for the whole pattern', '(?i)ABC', 'abc', true],
    ['(?m) lets ^ stand at each line', '(?m)^b', 'a\nb', true],
    ['^ is the start alone', '^b', 'a\nb', false],
    ['a bracket first in a class is one of it', '[]x]', ']', true],
    ['a class with \\s', '[\\s=]', '\t', true],
    ['\\s takes no byte over 127', '\\s', '\u00a0', false],
    ['a named group and its reference', '(?P<q>["\']).*(?P=q)', '"x"', true],
    ['(?x) leaves blanks and comments out', '(?x) a b # c', 'ab', true],
    ['a comment', 'a(?#note)b', 'ab', true],
  ])('%s', (_, pattern, text, found) => expect(pythonRegExp(pattern).test(text)).toBe(found));

  test('any text is a pattern or a SyntaxError', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          pythonRegExp(text);
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
    );
  });

  test.each([
    ['\\1-\\2', 'a-b'],
    ['\\g<1>0', 'a0'],
    ['\\g<n>\\t', 'b\t'],
    ['\\\\1', '\\1'],
    ['\\.', '\\.'],
  ])('%s expands as in Python', (template, text) => {
    expect(expandTemplate(template, pythonRegExp('(a)(?P<n>b)').exec('ab') as RegExpExecArray)).toBe(text);
  });

  test.each(['\\3', '\\g<no>', '\\q', 'a\\'])('%s is an error, as in Python', (template) => {
    expect(() => expandTemplate(template, pythonRegExp('(a)(?P<n>b)').exec('ab') as RegExpExecArray)).toThrow(
      SyntaxError,
    );
  });
});

describe('arguments in the kinds that YAML and templates give', () => {
  test.each([
    ['yes', true],
    ['No', false],
    [1, true],
    [0, false],
    ['ON', true],
    [true, true],
  ])('bool %s', (given, value) => expect(bool.parse(given)).toBe(value));

  test.each([['maybe'], [2], [null], [[]]])('%s is no bool', (given) =>
    expect(bool.safeParse(given).success).toBe(false),
  );

  test.each([
    ['a, b', ['a', 'b']],
    [
      ['a', 1],
      ['a', '1'],
    ],
    ['', ['']],
    [7, ['7']],
  ])('list %s', (given, value) => expect(list.parse(given)).toEqual(value));

  test.each([
    [420, '0644'],
    ['0644', '0644'],
    ['644', '0644'],
    ['0o755', '0755'],
    [644, '1204'],
    ['u=rw,g=r,o=', 'u=rw,g=r,o='],
    ['4755', '4755'],
  ])('mode %s', (given, value) => expect(octalMode.parse(given)).toBe(value));

  test.each([['rw-r--r--'], [-1], [1.5], ['u=z'], [true]])('%s is no mode', (given) => {
    expect(octalMode.safeParse(given).success).toBe(false);
  });
});

describe.each(SHELLS_IN_TURN)('systemd under $shell, with a systemctl that only remembers', ({ argv, env, turn }) => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'systemd-'));
    mkdirSync(join(dir, 'bin'));
    tool('systemctl', SYSTEMCTL);
    tool('journalctl', 'echo "bind: address already in use"');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const tool = (name: string, text: string) => {
    writeFileSync(join(dir, 'bin', name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(dir, 'bin', name), 0o755);
  };
  const path = `${env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin'}`;
  const run = (args: unknown) =>
    runModule('systemd', args, { argv, cwd: dir, env: { ...env, PATH: `${join(dir, 'bin')}:${path}` } });

  turn('a unit is started and enabled once, stopped and disabled once', () => {
    const up = { name: 'x', state: 'started', enabled: true };
    expect(run(up)).toMatchObject({ changed: true, failed: false });
    expect(run(up).outcome.kind).toBe('unchanged');
    const down = { name: 'x', state: 'stopped', enabled: false };
    expect(run(down)).toMatchObject({ changed: true, failed: false });
    expect(run(down).outcome.kind).toBe('unchanged');
  });

  turn('a unit that does not start fails the task with its last lines', () => {
    writeFileSync(join(dir, 'broken'), '');
    expect(run({ name: 'x', state: 'started' }).result).toMatchObject({
      failed: true,
      changed: false,
      msg: 'Unable to start service x: Job for x failed.\nbind: address already in use',
    });
  });

  turn('a unit that nothing defines is an error', () => {
    expect(run({ name: 'missing', state: 'started' }).result.msg).toContain(
      'Could not find the requested service missing',
    );
  });

  turn('a reload alone is done and counts as no change', () => {
    expect(run({ daemon_reload: true })).toMatchObject({ changed: false, failed: false });
  });
});

/** Keeps what runs and what is enabled as files of the current directory. */
const SYSTEMCTL = `verb=$1
for last; do :; done
case $verb in
  show)
    if [ "$last" = missing ]; then echo LoadState=not-found; echo ActiveState=inactive; exit 0; fi
    echo LoadState=loaded
    [ -e active ] && echo ActiveState=active || echo ActiveState=inactive ;;
  is-enabled) [ "$last" != missing ] || exit 1; [ -e enabled ] && echo enabled || { echo disabled; exit 1; } ;;
  start) [ ! -e broken ] || { echo "Job for x failed." >&2; exit 1; }; : > active ;;
  stop) rm active ;;
  enable) : > enabled ;;
  disable) rm enabled ;;
  daemon-reload) ;;
  *) exit 9 ;;
esac`;
