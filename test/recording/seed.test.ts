import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readRecording } from '../../src/recording/read-folder.js';
import { writeRecording } from '../../src/recording/write-folder.js';
import { capturedRecording } from './captured-recording.js';
import { diagnosed } from './diagnosed.js';

const SEEDS = join(import.meta.dirname, '..', 'recordings');
const scratch = mkdtempSync(join(tmpdir(), 'fix-flannel-seed-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.each([
  { name: 'broken', roots: [['FF101', 'node1 node2 node3']] },
  { name: 'fixed', roots: [['FF103', '']] },
] as const)('the recorded $name cluster', ({ name, roots }) => {
  const folder = join(SEEDS, `seed-${name}`);

  test('is what was captured', async () => {
    const made = join(scratch, name);
    writeRecording(made, capturedRecording(name), { nonce: 'x', force: false });
    const files = readdirSync(made, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'));
    expect(files).toHaveLength(5);
    for (const file of files) {
      await expect(readFileSync(join(made, file), 'utf8')).toMatchFileSnapshot(join(folder, file));
    }
    expect(readdirSync(folder, { recursive: true }).length).toBe(readdirSync(made, { recursive: true }).length);
  });

  test('is diagnosed without a network', async () => {
    const { findings } = await diagnosed(readRecording(folder));
    const found = findings.filter(({ because }) => because === undefined);
    expect(found.map(({ id, hosts }) => [id, hosts.join(' ')])).toEqual(roots);
  });

  test('what was not asked is not evaluated', async () => {
    const { notEvaluated } = await diagnosed(readRecording(folder));
    const ids = new Set(notEvaluated.map(({ id }) => id));
    for (const id of ['FF206', 'FF401', 'FF403', 'FF501']) expect(ids).toContain(id);
  });
});
