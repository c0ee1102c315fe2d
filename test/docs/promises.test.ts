import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A row of a table: what is promised, and the tests that hold it, `test/file.test.ts` and "words of a test's name". */
interface Promised {
  readonly promise: string;
  readonly tests: readonly { readonly file: string; readonly words: string }[];
}

/** Rows of tables whose last column is `held by`. */
function promisesOf(document: string): Promised[] {
  const lines = readFileSync(`${ROOT}/${document}`, 'utf8').split('\n');
  const rows: Promised[] = [];
  let inTable = false;
  for (const line of lines) {
    if (/\|\s*held by\s*\|$/.test(line)) inTable = true;
    else if (!line.startsWith('|')) inTable = false;
    else if (inTable && !/^\|[\s|:-]+\|$/.test(line)) rows.push(rowOf(line));
  }
  return rows;
}

function rowOf(line: string): Promised {
  const cells = line.slice(1, -1).split(' | ');
  const last = cells.at(-1) ?? '';
  const tests = [...last.matchAll(/`(test\/[^`]+)`\s*"([^"]+)"/g)].map(([, file = '', words = '']) => ({
    file,
    words,
  }));
  return { promise: (cells[0] ?? '').trim(), tests };
}

/** Lines of a test file that name a test, a group of them, or a row of a table; comments and code are none. */
function namesIn(file: string): string {
  const lines = readFileSync(`${ROOT}/${file}`, 'utf8').split('\n');
  return lines
    .filter((line) => /\b(?:test|describe|longTest|longDescribe)\b.*\(|\babout: |^\s*['"`]|\)\(['"`]/.test(line))
    .join('\n');
}

describe.each(['docs/reliability.md', 'docs/security.md'])('%s', (document) => {
  const rows = promisesOf(document);

  test('promises something', () => {
    expect(rows.length).toBeGreaterThan(10);
  });

  test.each(rows.map((row) => [row.promise, row] as const))('%s', (_, { tests }) => {
    expect(tests.length, 'names a test').toBeGreaterThan(0);
    for (const { file, words } of tests) {
      expect(existsSync(`${ROOT}/${file}`), `${file} is there`).toBe(true);
      expect(namesIn(file).includes(words), `${file} has a test that is called "${words}"`).toBe(true);
    }
  });
});

/** Constants of time that nothing waits for: pauses between two looks, and ages. */
const NO_DEADLINES = [
  ...['PAUSE_MS', 'POLL_MS', 'PLACE_MS', 'ASK_AGAIN_MS', 'FIRST_BACKOFF_MS', 'LONGEST_BACKOFF_MS', 'LONGEST_PAUSE_MS'],
  ...['TELL_EVERY_MS', 'MIN_SLEEP_SECONDS', 'JUMP_MS', 'YOUNG_MS', 'LONGEST_TIMER_MS', 'AFTER_CLOSE_MS'],
  ...['DAY_MS', 'UNIT_MS', 'ABANDONED_MS', 'LONGEST_SLEEP_MS'],
  ...['DEFAULT_POLL_SECONDS', 'SLACK_SECONDS', 'CLOCK_SLACK_SECONDS', 'RENEW_MARGIN_SECONDS', 'LATE_SECONDS'],
  // The defaults of options, which stand there by the options' names.
  ...['CONNECT_TIMEOUT_SECONDS', 'KEEPALIVE_SECONDS', 'POLL_SECONDS'],
];

describe('the deadlines', () => {
  const document = readFileSync(`${ROOT}/docs/reliability.md`, 'utf8');
  const table = document.slice(document.indexOf('## Deadlines'), document.indexOf('## What is left behind'));
  const sources = readdirSync(`${ROOT}/src`, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readFileSync(`${ROOT}/src/${path}`, 'utf8'));
  const constants = new Set(
    sources.flatMap((text) =>
      [...text.matchAll(/^(?:export )?const ([A-Z_]+_(?:MS|SECONDS)) = /gm)].map(([, name]) => name),
    ),
  );

  test('are all in the table', () => {
    const missing = [...constants].filter(
      (name = '') => !table.includes(`\`${name}\``) && !NO_DEADLINES.includes(name),
    );
    expect(missing).toEqual([]);
  });

  test('that the table names are there', () => {
    const named = [...table.matchAll(/`([A-Z][A-Z_]{3,})`/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(10);
    for (const name of named)
      expect(
        sources.some((text) => text.includes(`const ${name} =`)),
        name,
      ).toBe(true);
    const options = [...table.matchAll(/`(--[a-z-]+)(?: \d)?`/g)].map(([, name = '']) => name);
    expect(options.length).toBeGreaterThan(5);
    for (const name of options)
      expect(
        sources.some((text) => new RegExp(`'(?:-\\w, )?${name}(?: <|')`).test(text)),
        name,
      ).toBe(true);
  });
});
