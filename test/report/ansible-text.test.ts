import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/engine/events.js';
import { ansibleColoured, ansiblePlain } from '../../src/report/ansible-paint.js';
import { AnsibleText, type AnsibleTextSettings, ansibleColumns } from '../../src/report/ansible-text.js';
import { runText } from '../support/run-playbook.js';

// What ansible-core 2.14.18 printed, and what it did as our events (see ansible/record). The head that `-v` prints of
// the program is left out, and a diff names the path where Ansible names a temporary file.
const HERE = fileURLToPath(new URL('ansible/', import.meta.url));
const read = (name: string) => readFileSync(`${HERE}${name}`, 'utf8');

const CASES = read('cases')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => {
    const [name = '', , ...words] = line.split(' ');
    return { name, words };
  });

function settingsOf(words: readonly string[]): Partial<AnsibleTextSettings> {
  const has = (word: string) => words.includes(word);
  return {
    verbosity: words.find((word) => /^-v+$/.test(word))?.match(/v/g)?.length ?? 0,
    diff: has('--diff'),
    showSkipped: !has('ANSIBLE_DISPLAY_SKIPPED_HOSTS=0'),
    showOk: !has('ANSIBLE_DISPLAY_OK_HOSTS=0'),
    showPathOnFailure: has('ANSIBLE_SHOW_TASK_PATH_ON_FAILURE=1'),
    showStats: has('ANSIBLE_SHOW_CUSTOM_STATS=1'),
    diffContext: has('ANSIBLE_DIFF_CONTEXT=1') ? 1 : 3,
    paint: has('ANSIBLE_FORCE_COLOR=1') ? ansibleColoured : ansiblePlain,
  };
}

/** Everything that is printed for these events. */
function printed(events: readonly Event[], given: Partial<AnsibleTextSettings> = {}): string {
  const lines: string[] = [];
  const text = new AnsibleText({
    write: (line) => lines.push(line),
    paint: ansiblePlain,
    width: 79,
    verbosity: 0,
    diff: false,
    diffContext: 3,
    showSkipped: true,
    showOk: true,
    showPathOnFailure: false,
    showStats: false,
    ...given,
  });
  for (const event of events) text.event(event);
  return lines.map((line) => `${line}\n`).join('');
}

function recorded(name: string): Event[] {
  const lines = read(`${name}.jsonl`).trim().split('\n');
  return lines
    .map((line) => JSON.parse(line))
    .map((event) =>
      event.kind === 'recap'
        ? { ...event, hosts: new Map(Object.entries(event.hosts)), stats: new Map(Object.entries(event.stats)) }
        : event,
    );
}

describe('prints what Ansible prints', () => {
  test.each(CASES)('$name', ({ name, words }) => {
    expect(printed(recorded(name), settingsOf(words))).toBe(read(`${name}.txt`));
  });
});

test('is 79 columns wide, or one less than a wider terminal', () => {
  expect([undefined, 0, 60, 80, 81, 120].map(ansibleColumns)).toEqual([79, 79, 79, 79, 80, 119]);
});

/** A result of a task `t` on the host `a`. */
const resultOf = (more: object, module = 'command'): Event =>
  ({
    kind: 'result',
    task: 't',
    module,
    at: '/p.yml:1:3',
    of: { host: 'a', status: 'ok', why: '', result: {}, diff: [], ignored: false, noLog: false, ...more },
  }) as Event;

describe('what Ansible does not have', () => {
  test('a hint stands below the failure', () => {
    const failed = resultOf({ status: 'failed', result: { msg: 'no' }, hint: 'Say yes.', ignored: true });
    expect(printed([failed])).toBe('fatal: [a]: FAILED! => {"msg": "no"}\n  hint: Say yes.\n...ignoring\n');
  });

  test('what the engine says of a variable in words is no message', () => {
    const shown = resultOf({ why: 'x: 1', result: { changed: false, msg: 'x: 1', x: 1 } }, 'debug');
    expect(printed([shown])).toBe('ok: [a] => {\n    "x": 1\n}\n');
  });

  test('what is for the program alone is left out', () => {
    const result = {
      changed: false,
      refused: true,
      journal_note: { n: 1 },
      _ansible_x: 1,
      deep: { _ansible_y: 1, z: 2 },
    };
    expect(printed([resultOf({ result })], { verbosity: 1 })).toBe('ok: [a] => {"changed": false, "deep": {"z": 2}}\n');
  });

  test('an item of the loop is told as `fatal` where the host was lost', () => {
    const items = [{ status: 'unreachable', why: '', result: { msg: 'gone' }, diff: [], label: 'x' }];
    expect(printed([resultOf({ status: 'unreachable', items, result: { msg: 'gone' } })])).toBe(
      'failed: [a] (item=x) => {"msg": "gone"}\nfatal: [a]: UNREACHABLE! => {"msg": "gone"}\n',
    );
  });
});

describe('nothing from a host drives the terminal', () => {
  const evil = 'x\u001b[2J\nok: [b]\r\u202e\u0007';
  const events: Event[] = [
    { kind: 'play', play: evil, hosts: [], check: false },
    { kind: 'task', task: evil, module: 'command', at: evil, handler: false },
    { kind: 'retry', host: evil, task: evil, left: 1, delegated: { name: evil, address: evil } },
    { kind: 'notified', host: evil, handler: evil },
    { kind: 'included', what: evil, hosts: [evil], label: { [evil]: evil } },
    { kind: 'warning', message: evil },
    resultOf({ host: evil, status: 'failed', result: { [evil]: evil }, hint: evil }),
    resultOf({ items: [{ status: 'ok', why: '', result: {}, diff: [], label: evil }] }),
    resultOf({ status: 'changed', diff: [{ path: evil, before: evil, after: `${evil}2` }] }),
    {
      kind: 'recap',
      hosts: new Map([[evil, { ok: 1, changed: 0, skipped: 0, failed: 0, unreachable: 0, rescued: 0, ignored: 0 }]]),
      stats: new Map([[evil, { [evil]: evil }]]),
    },
  ];

  test.each(events.map((event) => ({ kind: event.kind, event })))('$kind', ({ event }) => {
    const text = printed([event], { verbosity: 2, diff: true, showStats: true });
    expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    // A line feed must not begin a line that reads like a result.
    expect(text.split('\n').filter((line) => line.startsWith('ok: [b]'))).toEqual([]);
  });
});

describe('the runs of our engine', () => {
  test('read as those of Ansible do', async () => {
    const playbook = readFileSync(`${HERE}plays/loops.yml`, 'utf8').replaceAll('{{ target }}', '/no/such/folder');
    const ran = await runText(playbook, { inventory: 'all:\n  hosts: { web1: { ansible_connection: local } }\n' });
    expect(printed(ran.events).replaceAll(/ => \{".*$/gm, '')).toBe(read('loops.txt').replaceAll(/ => \{".*$/gm, ''));
  });
});
