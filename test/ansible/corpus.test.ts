import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import {
  CORPUS,
  type Difference,
  differencesOf,
  type PassName,
  projects,
  recorded,
  runProject,
} from '../support/corpus.js';

// Projects with what ansible-core 2.14.18 made of each (see `corpus/record.py`): results, recap and files have to be the
// same here, but for what `differences.yaml` lists with a reason.

interface Listed {
  readonly project: string;
  /** One or several tasks; all of them where none is named. */
  readonly task?: string | readonly string[];
  /** A regular expression for the path of the field; any where there is none. */
  readonly field?: string;
  readonly pass?: PassName;
  readonly why: string;
}

const LISTED: readonly Listed[] = parse(readFileSync(join(CORPUS, 'differences.yaml'), 'utf8')) ?? [];

function covers({ task, field, pass }: Listed, one: Difference): boolean {
  const name = one.task.replace(/ #\d+$/, '');
  if (task !== undefined && ![task].flat().includes(name)) return false;
  if (field !== undefined && !new RegExp(`^(?:${field})$`).test(one.field)) return false;
  return pass === undefined || pass === one.pass;
}

describe.concurrent.each(projects())('the project %s', (project) => {
  test('comes to the same as with Ansible, twice and as a check', { timeout: 120_000 }, async () => {
    const [theirs, ours] = [recorded(project), await runProject(project)];
    const all = (['first', 'again', 'check'] as const).flatMap((pass) => differencesOf(pass, theirs[pass], ours[pass]));
    const listed = LISTED.filter((row) => row.project === project);
    expect(all.filter((one) => !listed.some((row) => covers(row, one)))).toEqual([]);
    expect(listed.filter((row) => !all.some((one) => covers(row, one)))).toEqual([]);
  });
});

test('only projects that are there have differences', () => {
  expect(LISTED.filter(({ project, why }) => !projects().includes(project) || why.length < 10)).toEqual([]);
});
