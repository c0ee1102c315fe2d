import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { FileImage } from '../../src/core/before-image.js';
import type { HostEntry, RunEnding, RunHeader } from '../../src/journal/record.js';

export const HEADER: RunHeader = {
  id: '20261124T220000Z-3f9a',
  kind: 'run',
  inventory: '/srv/inventory.yaml',
  playbook: '/srv/site.yaml',
  tags: [],
  skipTags: [],
  by: 'ann@desk',
  pid: 4242,
  startedAt: '2026-11-24T22:00:00.000Z',
  version: '0.1.0',
};

export const ENDING: RunEnding = {
  endedAt: '2026-11-24T22:00:05.000Z',
  verdict: 'mended',
  exitStatus: 0,
  line: 'Done. 1 host: 1 changed, 0 failed.',
};

export function file(path: string, text: string | Buffer, more: Partial<Extract<FileImage, { kind: 'file' }>> = {}) {
  const content = Buffer.from(text);
  const digest = createHash('sha256').update(content).digest('hex');
  return {
    kind: 'file',
    path,
    mode: '0644',
    owner: '0',
    group: '0',
    digest,
    bytes: content.length,
    content,
    ...more,
  } as const;
}

export const absent = (path: string): FileImage => ({ kind: 'absent', path });

/** As an image after a step is: without its content. */
export function seen(image: FileImage): FileImage {
  return image.kind === 'file' ? { ...image, content: undefined } : image;
}

const at = '2026-11-24T22:00:01.000Z';

/** One step on a host: what stood there, that it began, and how it left things. */
export function stepEntries(
  step: number,
  before: readonly FileImage[],
  after: readonly FileImage[],
  more: Partial<Extract<HostEntry, { kind: 'begin' }>> = {},
): HostEntry[] {
  return [
    { kind: 'before', at, become: undefined, image: { files: before, units: [] }, generated: [] },
    {
      kind: 'begin',
      at,
      step,
      task: `step ${step}`,
      module: 'copy',
      why: 'it differs',
      undoable: true,
      files: before.map(({ path }) => path),
      ...more,
    },
    { kind: 'end', at, step, outcome: 'done', why: 'it differs', after: after.map(seen) },
  ];
}

/** A folder that is gone after the tests of the file that made it. */
export function newFolder(name = 'fix-flannel-state-'): string {
  const folder = mkdtempSync(join(tmpdir(), name));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
