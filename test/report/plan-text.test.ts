import { describe, expect, test } from 'vitest';
import type { Tally } from '../../src/engine/tally.js';
import { plain } from '../../src/report/paint.js';
import { planText } from '../../src/report/plan-text.js';
import { changeOf, tallyOf, trouble } from './make.js';

const DIFF = [{ path: '/etc/x', before: 'a\n', after: 'b\n' }];
const text = (tally: Partial<Tally>, more = {}) =>
  planText(tallyOf(tally), { paint: plain, width: 100, diff: false, ...more });

describe('planText', () => {
  test.each([
    { about: 'says nothing where nothing is to be done', tally: {}, lines: [] },
    {
      about: 'names a host and its changes in their order',
      tally: { changes: new Map([['a', [changeOf('writes x'), changeOf('restarts y')]]]) },
      lines: ['', 'Plan: 1 host to change', '  a', '    ~ writes x', '    ~ restarts y'],
    },
    {
      about: 'says once what several hosts have the same',
      tally: { changes: new Map(['a', 'b', 'c'].map((host) => [host, [changeOf('writes x')]])) },
      lines: ['', 'Plan: 3 hosts to change', '  a, b, c', '    ~ writes x'],
    },
    {
      about: 'keeps hosts apart whose files change otherwise',
      tally: {
        changes: new Map([
          ['a', [changeOf('writes x', { diff: DIFF })]],
          ['b', [changeOf('writes x')]],
        ]),
      },
      lines: ['', 'Plan: 2 hosts to change', '  a', '    ~ writes x', '  b', '    ~ writes x'],
    },
    {
      about: 'has what changes in etcd last',
      tally: {
        changes: new Map([['a', [changeOf('writes x')]]]),
        clusterChanges: [changeOf('deletes a dead lease')],
      },
      lines: ['', 'Plan: 1 host to change', '  a', '    ~ writes x', '  in etcd', '    ~ deletes a dead lease'],
    },
    {
      about: 'has what stops it first, then what is left alone',
      tally: {
        failed: new Map([['c', trouble('two candidates', { hint: 'set flannel_iface', refused: true })]]),
        leftAlone: new Map([
          ['d', 'no flanneld'],
          ['e', 'no flanneld'],
        ]),
        changes: new Map([['a', [changeOf('writes x')]]]),
      },
      lines: [
        '',
        '✗ c: two candidates',
        '  → set flannel_iface',
        '- d, e: no flanneld',
        'Plan: 1 host to change',
        '  a',
        '    ~ writes x',
      ],
    },
    {
      about: 'has what is left alone where nothing is to be done',
      tally: { leftAlone: new Map([['d', 'no flanneld']]) },
      lines: ['', '- d: no flanneld'],
    },
    {
      about: 'makes escape codes and line feeds of a host visible',
      tally: {
        leftAlone: new Map([['d', 'no\u001b[1m']]),
        changes: new Map([['a', [changeOf('writes\nx\u0007')]]]),
      },
      lines: ['', '- d: no\\x1b[1m', 'Plan: 1 host to change', '  a', '    ~ writes\\nx\\x07'],
    },
  ])('$about', ({ tally, lines }) => {
    expect(text(tally)).toEqual(lines);
  });

  test('shows how files change to who asks', () => {
    const changes = new Map([['a', [changeOf('writes x', { diff: DIFF })]]]);
    expect(text({ changes }, { diff: true }).slice(3)).toEqual([
      '    ~ writes x',
      '      /etc/x',
      '      @@ -1,1 +1,1 @@',
      '      -a',
      '      +b',
    ]);
  });

  test('stays short for a thousand hosts', () => {
    const hosts = Array.from({ length: 1000 }, (_, index) => `node${index + 1}`);
    const changes = new Map(hosts.map((host) => [host, [changeOf('writes x')]]));
    expect(text({ changes })).toEqual(['', 'Plan: 1000 hosts to change', '  node[1:1000]', '    ~ writes x']);
  });
});
