import { describe, expect, test } from 'vitest';
import type { HostEntry, RunRecord } from '../../src/journal/record.js';
import { plain } from '../../src/report/paint.js';
import { runsText, runText } from '../../src/report/runs-text.js';
import { absent, ENDING, file, HEADER, stepEntries } from '../journal/make.js';

const settings = { paint: plain, width: 200 };
const at = HEADER.startedAt;
const note: HostEntry = { kind: 'note', at, note: { held: '10.1.11.0/24' } };
const state = (kind: 'done' | 'cut-off'): HostEntry => ({
  kind: 'state',
  at,
  state: kind,
  why: kind === 'done' ? '' : 'it is gone',
});
const step = stepEntries(1, [file('/etc/x', 'old')], [file('/etc/x', 'new')]);

function textOf(more: Partial<RunRecord>): string {
  return runText({ header: HEADER, ending: ENDING, hosts: new Map(), cluster: [], damage: [], ...more }, settings).join(
    '\n',
  );
}

describe('the list', () => {
  const summary = { header: HEADER, ending: ENDING, hosts: { changed: 3, failed: 0 } };

  test.each([
    {
      about: 'a run that ended well',
      run: summary,
      says: ['20261124T220000Z-3f9a', '3 hosts changed', 'Done. 1 host'],
    },
    {
      about: 'a run with hosts that are not well',
      run: { ...summary, hosts: { changed: 3, failed: 1 } },
      says: ['1 not well'],
    },
    { about: 'a run that did not end', run: { ...summary, ending: undefined }, says: ['not ended'] },
    {
      about: 'a rollback',
      run: { ...summary, header: { ...HEADER, kind: 'rollback' as const, of: 'r1' } },
      says: ['rollback of r1 on /srv/inventory.yaml'],
    },
    {
      about: 'escape codes in a path',
      run: { ...summary, header: { ...HEADER, inventory: '\u001b[2Jx' } },
      says: ['\\x1b[2Jx'],
    },
  ])('$about', ({ run, says }) => {
    const text = runsText([run], settings).join('\n');
    for (const part of says) expect(text).toContain(part);
    expect(text).not.toContain('\u001b');
  });

  test('nothing yet', () => expect(runsText([], settings)).toEqual(['No runs yet.']));
});

describe('one run', () => {
  test.each<{ about: string; record: Partial<RunRecord>; says: string[] }>([
    {
      about: 'what stood there, what was done, and how to undo it',
      record: { hosts: new Map([['node1', [note, ...step, state('done')]]]) },
      says: [
        'noted: held 10.1.11.0/24',
        'before: /etc/x 0644 0:0, 3 bytes, ',
        '~ step 1: it differs',
        'node1  done',
        'fix-flannel rollback /srv/inventory.yaml --run 20261124T220000Z-3f9a',
      ],
    },
    {
      about: 'a step that was not seen to end',
      record: { ending: undefined, hosts: new Map([['node1', step.slice(0, 2)]]) },
      says: ['not ended', '? step 1: not seen to end', '--resume 20261124T220000Z-3f9a'],
    },
    {
      about: 'a host that was cut off',
      record: { hosts: new Map([['node1', [...step, state('cut-off')]]]) },
      says: ['cut off in the middle of a step: it is gone'],
    },
    {
      about: 'what cannot be undone',
      record: { hosts: new Map([['node1', stepEntries(1, [absent('/etc/x')], [], { undoable: false })]]) },
      says: ['cannot be undone: step 1', '/etc/x was not there'],
    },
    {
      about: 'etcd, and damage',
      record: {
        cluster: [{ at, what: 'deleted the dead lease 10.1.11.0/24' }],
        damage: ['node1.ndjson: the last line is torn'],
      },
      says: ['deleted the dead lease', '! node1.ndjson: the last line is torn', 'There is nothing to undo.'],
    },
    {
      about: 'an inventory with a blank in its name',
      record: { header: { ...HEADER, inventory: "/a b/it's" }, hosts: new Map([['node1', step]]) },
      says: ["rollback '/a b/it'\\''s' --run"],
    },
  ])('$about', ({ record, says }) => {
    for (const part of says) expect(textOf(record)).toContain(part);
  });
});
