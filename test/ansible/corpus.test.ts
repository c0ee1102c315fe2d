import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { againstList, CORPUS, type Listed, projects, recorded, runProject, unfounded } from '../support/corpus.js';

// Projects with what ansible-core 2.14.18 made of each (see `corpus/record.py`): results, recap and files have to be the
// same here, but for what `differences.yaml` lists with a reason.

const LISTED: readonly Listed[] = parse(readFileSync(join(CORPUS, 'differences.yaml'), 'utf8')) ?? [];

describe.concurrent.each(projects())('the project %s', (project) => {
  test('comes to the same as with Ansible, twice and as a check', { timeout: 120_000 }, async () => {
    const both = [recorded(project), await runProject(project)] as const;
    expect(againstList(project, ['first', 'again', 'check'], both, LISTED)).toEqual({ unlisted: [], idle: [] });
  });
});

test('only projects that are there have differences', () => {
  expect(unfounded(LISTED, projects())).toEqual([]);
});
