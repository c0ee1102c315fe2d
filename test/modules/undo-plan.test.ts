import { describe, expect, test } from 'vitest';
import type { FileImage, UnitImage } from '../../src/core/before-image.js';
import { hostUndos } from '../../src/journal/host-undo.js';
import type { HostEntry } from '../../src/journal/record.js';
import { putBackModule } from '../../src/modules/put-back.js';
import { undoPlan } from '../../src/modules/undo-plan.js';
import { absent, file, stepEntries } from '../journal/make.js';
import { taskContext } from '../support/run-module.js';

const at = '2026-11-24T22:00:00.000Z';
const OLD = file('/etc/x', 'old');
const NEW = file('/etc/x', 'new');
const OTHER = file('/etc/x', 'other');

function plansOf(
  entries: readonly HostEntry[],
  now: readonly FileImage[],
  units: readonly UnitImage[] = [],
  again = false,
) {
  const [part] = hostUndos(entries, again);
  if (part === undefined) throw new Error('nothing to undo');
  return undoPlan(part.undo, { files: now, units });
}

/** A step that never ended. */
const begun = (more: Partial<Extract<HostEntry, { kind: 'begin' }>> = {}): HostEntry[] =>
  stepEntries(1, [OLD], [], more).slice(0, 2);

describe('a file', () => {
  const link: FileImage = { kind: 'link', path: '/etc/x', target: 'a' };
  const folder = (path: string): FileImage => ({ kind: 'folder', path, mode: '0755', owner: '0', group: '0' });
  const large = { ...OLD, content: undefined, bytes: 2 << 20 };

  test.each<{ about: string; entries: HostEntry[]; now: FileImage; is: string; says?: string }>([
    { about: 'as the run left it', entries: stepEntries(1, [OLD], [NEW]), now: NEW, is: 'put-back' },
    { about: 'as before already', entries: stepEntries(1, [OLD], [NEW]), now: OLD, is: 'as-before' },
    {
      about: 'changed by somebody',
      entries: stepEntries(1, [OLD], [NEW]),
      now: OTHER,
      is: 'refuse',
      says: `digest ${OTHER.digest.slice(0, 12)}, was ${NEW.digest.slice(0, 12)}`,
    },
    {
      about: 'of another mode since',
      entries: stepEntries(1, [OLD], [NEW]),
      now: { ...NEW, mode: '0600' },
      is: 'refuse',
      says: 'mode 0600, was 0644',
    },
    {
      about: 'given to somebody since',
      entries: stepEntries(1, [OLD], [NEW]),
      now: { ...NEW, owner: '7' },
      is: 'refuse',
      says: 'owner 7, was 0',
    },
    {
      about: 'removed since',
      entries: stepEntries(1, [OLD], [NEW]),
      now: absent('/etc/x'),
      is: 'refuse',
      says: 'nothing there, was a file',
    },
    {
      about: 'a link since',
      entries: stepEntries(1, [OLD], [NEW]),
      now: link,
      is: 'refuse',
      says: 'a link, was a file',
    },
    { about: 'new with the run', entries: stepEntries(1, [absent('/etc/x')], [NEW]), now: NEW, is: 'put-back' },
    {
      about: 'removed by the run',
      entries: stepEntries(1, [OLD], [absent('/etc/x')]),
      now: absent('/etc/x'),
      is: 'put-back',
    },
    {
      about: 'removed by the run and made by somebody since',
      entries: stepEntries(1, [OLD], [absent('/etc/x')]),
      now: NEW,
      is: 'refuse',
      says: 'a file, was nothing there',
    },
    {
      about: 'that the run left as it was, whatever stands there',
      entries: stepEntries(1, [OLD], [OLD]),
      now: OTHER,
      is: 'as-before',
    },
    {
      about: 'changed and put back by the run, whatever stands there',
      entries: [...stepEntries(1, [OLD], [NEW]), ...stepEntries(2, [], [OLD], { files: ['/etc/x'] })],
      now: OTHER,
      is: 'as-before',
    },
    {
      about: 'changed twice',
      entries: [...stepEntries(1, [OLD], [NEW]), ...stepEntries(2, [], [OTHER], { files: ['/etc/x'] })],
      now: OTHER,
      is: 'put-back',
    },
    {
      about: 'that was too large to be kept',
      entries: stepEntries(1, [large], [NEW]),
      now: NEW,
      is: 'refuse',
      says: 'it was not kept',
    },
    {
      about: 'that was too large, where only its mode was changed',
      entries: stepEntries(1, [large], [{ ...large, mode: '0600' }]),
      now: { ...large, mode: '0600' },
      is: 'put-back',
    },
    { about: 'whose step was killed, torn', entries: begun(), now: OTHER, is: 'put-back' },
    { about: 'whose step was killed before it did anything', entries: begun(), now: OLD, is: 'as-before' },
    {
      about: 'whose step was killed and did not say what it touches',
      entries: begun({ files: undefined }),
      now: OTHER,
      is: 'put-back',
    },
    {
      about: 'of a step that was never begun',
      entries: stepEntries(1, [OLD], []).slice(0, 1),
      now: OTHER,
      is: 'as-before',
    },
    {
      about: 'of another step than the one that was killed',
      entries: [...stepEntries(1, [OLD], [NEW]), ...stepEntries(2, [], [], { files: ['/etc/y'] }).slice(1, 2)],
      now: OTHER,
      is: 'refuse',
    },
    {
      about: 'a folder that the run made',
      entries: stepEntries(1, [absent('/etc/x')], [folder('/etc/x')]),
      now: folder('/etc/x'),
      is: 'put-back',
    },
    {
      about: 'a device that was there',
      entries: stepEntries(1, [{ kind: 'other', path: '/etc/x', what: 'pipe' }], [NEW]),
      now: NEW,
      is: 'refuse',
      says: 'a pipe stood there',
    },
  ])('$about: $is', ({ entries, now, is, says = '' }) => {
    const [plan] = plansOf(entries, [now]).files;
    expect(plan?.kind).toBe(is);
    if (plan?.kind === 'refuse') expect(plan.why).toContain(says);
  });

  test('what a killed step may have torn is put back with a note', () => {
    expect(plansOf(begun(), [OTHER]).files).toMatchObject([{ note: 'its step was not seen to end' }]);
  });

  test('what a killed step wrote through a link is put back too', () => {
    const target = file('/srv/real', 'old');
    const before: FileImage = { ...link, leadsTo: '/srv/real' };
    const entries = stepEntries(1, [before, target], [], { files: ['/etc/x'] }).slice(0, 2);
    const plan = plansOf(entries, [before, file('/srv/real', 'torn')]);
    expect(plan.files.map(({ kind, file: { path } }) => [path, kind])).toEqual([
      ['/etc/x', 'as-before'],
      ['/srv/real', 'put-back'],
    ]);
  });
});

describe('what a program writes by itself', () => {
  const env = (text: string) => file('/run/flannel/subnet.env', text);
  const entries = (unit: FileImage, after: FileImage): HostEntry[] => [
    {
      kind: 'before',
      at,
      become: undefined,
      image: { files: [unit, env('old')], units: [] },
      generated: ['/run/flannel/subnet.env'],
    },
    ...stepEntries(1, [], [after], { files: [unit.path, '/run/flannel/subnet.env'] }).slice(1),
  ];

  test('is put back without a look, along with a file', () => {
    const plan = plansOf(entries(OLD, NEW), [NEW, env('whatever')]);
    expect(plan.files.map(({ kind }) => kind)).toEqual(['put-back', 'put-back']);
  });

  test('stays where nothing starts anew', () => {
    const plan = plansOf(entries(OLD, OLD), [OTHER, env('whatever')]);
    expect(plan.files.map(({ kind }) => kind)).toEqual(['as-before']);
  });
});

describe('a unit', () => {
  const unit = (active: string, enabled = 'enabled'): UnitImage => ({ name: 'flanneld.service', active, enabled });
  const entries = (was: UnitImage, ...files: FileImage[]): HostEntry[] => [
    { kind: 'before', at, become: undefined, image: { files: [OLD], units: [was] }, generated: [] },
    ...stepEntries(1, [OLD], files).slice(1),
  ];

  test.each<{ about: string; was: UnitImage; now: UnitImage; left: FileImage; verbs: string[] }>([
    { about: 'ran, and a file goes back', was: unit('active'), now: unit('active'), left: NEW, verbs: ['restart'] },
    { about: 'ran, and no file goes back', was: unit('active'), now: unit('active'), left: OLD, verbs: [] },
    { about: 'ran, and does not now', was: unit('active'), now: unit('failed'), left: OLD, verbs: ['start'] },
    { about: 'did not run, and does now', was: unit('inactive'), now: unit('active'), left: OLD, verbs: ['stop'] },
    { about: 'did not run, and does not', was: unit('inactive'), now: unit('failed'), left: NEW, verbs: [] },
    {
      about: 'was not enabled, and is now',
      was: unit('active', 'disabled'),
      now: unit('active'),
      left: OLD,
      verbs: ['disable'],
    },
    {
      about: 'was enabled, and is masked now',
      was: unit('active'),
      now: unit('inactive', 'masked'),
      left: OLD,
      verbs: ['unmask', 'enable', 'start'],
    },
    {
      about: 'was masked',
      was: unit('inactive', 'masked'),
      now: unit('active', 'enabled'),
      left: OLD,
      verbs: ['mask', 'stop'],
    },
    { about: 'was static', was: unit('active', 'static'), now: unit('active', 'static'), left: OLD, verbs: [] },
    { about: 'on a host without systemd', was: unit('', ''), now: unit('', ''), left: NEW, verbs: [] },
  ])('$about', ({ was, now, left, verbs }) => {
    const [plan] = plansOf(entries(was, left), [left], [now]).units;
    expect(plan?.verbs ?? []).toEqual(verbs);
  });

  test('is restarted though its files are back, where an earlier undo did not come to its end', () => {
    expect(plansOf(entries(unit('active'), NEW), [OLD], [unit('active')], true)).toMatchObject({
      units: [{ verbs: ['restart'] }],
      reload: true,
    });
  });
});

describe('the module', () => {
  const outcomeOf = (entries: readonly HostEntry[], now: readonly FileImage[]) => {
    const undos = new Map([['here', hostUndos(entries).map(({ undo }) => undo)]]);
    const reading = { state: 'present', value: { files: now, units: [] } };
    return putBackModule(undos).plan({ part: 0, files_back: false }, { now: reading } as never, taskContext());
  };
  const two = [...stepEntries(1, [OLD, file('/etc/y', 'old')], [NEW, file('/etc/y', 'new')])];

  test('refuses file by file, and then does nothing at all', () => {
    expect(outcomeOf(two, [NEW, file('/etc/y', 'mine')])).toMatchObject({
      kind: 'refuse',
      why: expect.stringMatching(/1 file cannot be: \/etc\/y: changed since: digest/),
    });
  });

  test('shows how files change, but not what no_log hides', () => {
    expect(outcomeOf(two, [NEW, file('/etc/y', 'new')])).toMatchObject({
      kind: 'change',
      diff: [{ path: '/etc/x', before: 'new', after: 'old' }, { path: '/etc/y' }],
    });
    const hidden = stepEntries(1, [OLD], [NEW], { hidden: true });
    expect(outcomeOf(hidden, [NEW])).toMatchObject({ kind: 'change', diff: [] });
  });

  test('names what cannot be undone', () => {
    const entries = stepEntries(1, [OLD], [NEW], { undoable: false, task: 'run a command' });
    expect(outcomeOf(entries, [NEW])).toMatchObject({
      kind: 'change',
      result: { cannot_be_undone: ['run a command'], plan_notes: ['cannot be undone: run a command'] },
    });
  });

  test('says so where all is as before', () => {
    expect(outcomeOf(two, [OLD, file('/etc/y', 'old')])).toMatchObject({
      kind: 'unchanged',
      why: 'it is as before the run',
    });
  });

  test('runs the restart command of a host without systemd, once, and tells it on', () => {
    const entries = stepEntries(1, [OLD], [NEW], { restart: '/etc/init.d/flanneld restart' });
    const outcome = outcomeOf(entries, [NEW]);
    const restarts =
      outcome.kind === 'change' ? outcome.actions.filter((action) => action.kind === 'run' && action.restart) : [];
    expect(restarts).toMatchObject([{ script: { text: '/etc/init.d/flanneld restart' }, touches: {} }]);
  });
});
