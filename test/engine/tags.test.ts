import { describe, expect, test } from 'vitest';
import { runsWithTags } from '../../src/engine/tags.js';

describe('runsWithTags', () => {
  test.each([
    { about: 'everything without a choice', own: [], tags: [], skip: [], runs: true },
    { about: 'a tagged task without a choice', own: ['a'], tags: [], skip: [], runs: true },
    { about: 'a task with the tag', own: ['a', 'b'], tags: ['b'], skip: [], runs: true },
    { about: 'no task without the tag', own: ['a'], tags: ['b'], skip: [], runs: false },
    { about: 'no untagged task when tags are named', own: [], tags: ['b'], skip: [], runs: false },
    { about: '`always` whatever is named', own: ['always'], tags: ['b'], skip: [], runs: true },
    { about: '`always` not when it is skipped by name', own: ['always'], tags: [], skip: ['always'], runs: false },
    { about: '`never` only when named', own: ['never'], tags: [], skip: [], runs: false },
    { about: '`never` when its other tag is named', own: ['never', 'debug'], tags: ['debug'], skip: [], runs: true },
    { about: 'no task with a skipped tag', own: ['a', 'b'], tags: ['a'], skip: ['b'], runs: false },
    { about: 'untagged ones for `untagged`', own: [], tags: ['untagged'], skip: [], runs: true },
    { about: 'no tagged one for `untagged`', own: ['a'], tags: ['untagged'], skip: [], runs: false },
    { about: 'tagged ones for `tagged`', own: ['a'], tags: ['tagged'], skip: [], runs: true },
    { about: 'no tagged one when `tagged` is skipped', own: ['a'], tags: [], skip: ['tagged'], runs: false },
    { about: '`always` when all are skipped', own: ['always'], tags: [], skip: ['all'], runs: true },
  ])('runs $about', ({ own, tags, skip, runs }) => {
    expect(runsWithTags(own, { tags, skipTags: skip })).toBe(runs);
  });
});
