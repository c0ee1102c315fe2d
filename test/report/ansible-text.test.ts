import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/engine/events.js';
import { ansibleColoured, ansiblePlain } from '../../src/report/ansible-paint.js';
import { AnsibleText, type AnsibleTextSettings, ansibleColumns } from '../../src/report/ansible-text.js';

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
