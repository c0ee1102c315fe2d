import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidKey, withKeys } from '../../src/modules/authorized-keys.js';

interface Recorded {
  readonly before: string;
  readonly task: {
    readonly key: string;
    readonly state?: 'absent';
    readonly exclusive?: boolean;
    readonly key_options?: string;
    readonly comment?: string;
  };
  readonly fails?: string;
  readonly changed?: boolean;
  readonly after?: string;
}

// See record-keys.py.
const ROWS: readonly Recorded[] = JSON.parse(readFileSync(join(import.meta.dirname, 'recorded-keys.json'), 'utf8'));

function ours({ before, task }: Recorded): Partial<Recorded> {
  const { key, state = 'present', exclusive = false, key_options, comment } = task;
  try {
    const after = withKeys(before, { keys: key, state, exclusive, options: key_options, comment });
    return { changed: after !== before, after };
  } catch (error) {
    if (error instanceof InvalidKey) return { fails: error.message };
    throw error;
  }
}

describe('files of keys come out as with Ansible', () => {
  test.each(ROWS.map((row, index) => ({ index, row })))('$index: $row.task', ({ row }) => {
    const { before: _before, task: _task, ...theirs } = row;
    expect(ours(row)).toEqual(theirs);
  });
});

test('a last line without its end does not run into the next key', () => {
  const wanted = { keys: 'ssh-rsa AAAA a', state: 'present', exclusive: false } as const;
  expect(withKeys('# mine', wanted)).toBe('# mine\nssh-rsa AAAA a\n');
});

test('a second time there is nothing to do, and what was added can be taken away', () => {
  const line = fc.oneof(
    fc.constantFrom('# note', '', 'no key', '#ssh-rsa BBBB off', 'no-pty,from="a,b" ssh-rsa CCCC c'),
    fc.integer({ min: 0, max: 5 }).map((n) => `ssh-rsa KEY${n} comment ${n}`),
  );
  const Keys = fc.array(fc.integer({ min: 3, max: 8 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), Keys, fc.boolean(), (lines, numbers, exclusive) => {
      const before = lines.map((text) => `${text}\n`).join('');
      const keys = numbers.map((n) => `ssh-rsa KEY${n} comment ${n}`).join('\n');
      const after = withKeys(before, { keys, state: 'present', exclusive });
      expect(withKeys(after, { keys, state: 'present', exclusive })).toBe(after);
      const gone = withKeys(after, { keys, state: 'absent', exclusive: false });
      for (const n of numbers) expect(gone).not.toContain(`KEY${n} `);
      for (const n of numbers) expect(after).toContain(`KEY${n} `);
    }),
  );
});
