import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { tableOf, withTable } from '../../bench/table.js';
import type { Row } from '../../bench/work.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

beforeAll(() => {
  if (!existsSync(`${ROOT}dist/bundle/main.js`)) execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT });
}, 240_000);

/** It measures nothing at this size: every contestant does its work, and the table is whole. */
test('the benchmark runs', { timeout: 240_000 }, () => {
  const ended = spawnSync(process.execPath, ['bench/run.mjs', '--size', 'small'], { cwd: ROOT, encoding: 'utf8' });
  expect(ended.stderr).not.toMatch(/could not be measured/);
  expect(ended.status).toBe(0);
  expect(ended.stdout).toMatch(/--version: time beside node -e 0 \| \d/);
  expect(ended.stdout).toMatch(/time beside floor \| \d/);
  expect(ended.stdout).toMatch(/again: controller CPU a task and host \| \d/);
  expect(ended.stdout).toMatch(/again: exchanges a host \| [12]\.00 exchanges/);
  expect(ended.stdout).not.toContain('NaN');
});

test.each([
  ['--size tiny', 'small or full'],
  ['--only nothing', 'no such work'],
  ['--repeat none', 'a number'],
  ['--size small --write', 'the small size measures nothing'],
])('%s is refused', (words, told) => {
  const ended = spawnSync(process.execPath, ['bench/run.mjs', ...words.split(' ')], { cwd: ROOT, encoding: 'utf8' });
  expect([ended.status, ended.stderr]).toEqual([64, expect.stringContaining(told)]);
});

const row = (work: string, measured: string, met?: boolean): Row => ({ work, what: 'time', measured, reach: '', met });
const PAGE = `# Page

<!-- table: what npm run bench -- --write puts here -->
${tableOf([row('a', '1'), row('b', '2', true)])}
Measured once.
<!-- end of table -->
After.
`;

test('only what was measured takes its place in the page', () => {
  const page = withTable(PAGE, [row('a', '3', false), row('c', '4')], 'Measured again.');
  expect(page.split('\n').filter((line) => /^\| [abc] /.test(line))).toEqual([
    '| a | time | 3 |  | falls short |',
    '| b | time | 2 |  | reached |',
    '| c | time | 4 |  |  |',
  ]);
  expect(page).toMatch(/^# Page\n[\s\S]*Measured again\.\n<!-- end of table -->\nAfter\.\n$/);
  expect(page).not.toContain('Measured once');
});
