import type { FileImage } from '../core/before-image.js';
import { count, printableLine } from '../core/text.js';
import { hostUndos, notUndoable } from '../journal/host-undo.js';
import type { RunSummary } from '../journal/read-runs.js';
import type { HostEntry, RunHeader, RunRecord } from '../journal/record.js';
import type { Paint } from './paint.js';
import { wrap } from './wrap.js';

export interface RunsTextSettings {
  readonly paint: Paint;
  /** Columns. */
  readonly width: number;
}

/** A run in two lines, the newest first. */
export function runsText(runs: readonly RunSummary[], { paint, width }: RunsTextSettings): string[] {
  if (runs.length === 0) return ['No runs yet.'];
  return runs.flatMap(({ header, ending, hosts }) => {
    const failed = hosts.failed > 0 ? `, ${paint('bad', `${hosts.failed} not well`)}` : '';
    const how = ending === undefined ? paint('bad', 'not ended') : toned(ending.exitStatus, ending.line, paint);
    return [
      `${paint('strong', printableLine(header.id))}  ${when(header.startedAt)}  ${count(hosts.changed, 'host')} changed${failed}`,
      ...wrap(`  ${whatOf(header)}: ${how}`, width, 4),
    ];
  });
}

/** A run: what it was asked to do, what it did to each host, what can be undone, and what to do next. */
export function runText(record: RunRecord, settings: RunsTextSettings): string[] {
  const { paint, width } = settings;
  const { header, ending } = record;
  const line = (text: string, indent = 4) => wrap(text, width, indent);
  return [
    `${paint('strong', `Run ${printableLine(header.id)}`)}  ${when(header.startedAt)}  by ${printableLine(header.by)}, fix-flannel ${printableLine(header.version)}`,
    ...line(`  ${whatOf(header)}`),
    ...line(
      ending === undefined
        ? `  ${paint('bad', 'not ended')}: it was killed, or still runs (process ${header.pid})`
        : `  ${when(ending.endedAt)}  ${toned(ending.exitStatus, ending.line, paint)} (exit status ${ending.exitStatus})`,
    ),
    ...record.damage.flatMap((damage) => line(`  ${paint('bad', '!')} ${printableLine(damage)}`)),
    ...[...record.hosts].flatMap(([host, entries]) => hostText(host, entries, settings)),
    ...clusterText(record, settings),
    ...nextText(record, settings),
  ];
}

function whatOf({ kind, of, inventory, playbook, limit, tags, skipTags }: RunHeader): string {
  return [
    kind === 'rollback' ? `rollback of ${printableLine(of ?? '?')}` : printableLine(playbook),
    `on ${printableLine(inventory)}`,
    ...(kind === 'run' && of !== undefined ? [`going on with ${printableLine(of)}`] : []),
    ...(limit === undefined ? [] : [`--limit ${printableLine(limit)}`]),
    ...(tags.length > 0 ? [`--tags ${printableLine(tags.join(','))}`] : []),
    ...(skipTags.length > 0 ? [`--skip-tags ${printableLine(skipTags.join(','))}`] : []),
  ].join(' ');
}

function toned(exitStatus: number, text: string, paint: Paint): string {
  return paint(exitStatus === 0 ? 'good' : 'bad', printableLine(text));
}

/** `2026-11-24 22:00:00Z`: the same on every machine. */
function when(time: string): string {
  return printableLine(time, 40)
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}

const STATE_WORDS = {
  done: 'done',
  failed: 'failed, and not put back',
  'put-back': 'failed, and put back as before',
  unreachable: 'unreachable',
  'cut-off': 'cut off in the middle of a step',
  left: 'left before the end of the run',
} as const;

function hostText(host: string, entries: readonly HostEntry[], settings: RunsTextSettings): string[] {
  const { paint, width } = settings;
  const state = entries.findLast((entry) => entry.kind === 'state');
  const said =
    state === undefined
      ? paint('bad', 'not ended')
      : paint(state.state === 'done' ? 'good' : 'bad', STATE_WORDS[state.state]);
  const why = state === undefined || state.why === '' ? '' : `: ${printableLine(state.why)}`;
  return [
    '',
    ...wrap(`${paint('strong', printableLine(host))}  ${said}${why}`, width, 2),
    ...entries.flatMap((entry) => entryText(entry, entries, settings)),
    ...notUndoable(entries).flatMap((task) =>
      wrap(`  ${paint('warn', '!')} cannot be undone: ${printableLine(task)}`, width, 4),
    ),
  ];
}

function entryText(entry: HostEntry, entries: readonly HostEntry[], { paint, width }: RunsTextSettings): string[] {
  switch (entry.kind) {
    case 'before':
      return [
        ...entry.image.files.flatMap((image) => wrap(paint('dim', `  before: ${imageWords(image)}`), width, 4)),
        ...entry.image.units.map(({ name, active, enabled }) =>
          paint(
            'dim',
            `  before: ${printableLine(name)} ${printableLine(active || 'unknown')}, ${printableLine(enabled || 'unknown')}`,
          ),
        ),
      ];
    case 'note':
      return wrap(paint('dim', `  noted: ${noteWords(entry.note)}`), width, 4);
    case 'begin': {
      const end = entries.find((one) => one.kind === 'end' && one.step === entry.step);
      const sign =
        end?.kind !== 'end' ? paint('bad', '?') : end.outcome === 'done' ? paint('good', '~') : paint('bad', '✗');
      const outcome =
        end?.kind !== 'end' ? 'not seen to end' : end.outcome === 'done' ? entry.why : `${end.outcome}: ${end.why}`;
      return wrap(`  ${sign} ${printableLine(entry.task)}: ${printableLine(outcome)}`, width, 4);
    }
    default:
      return [];
  }
}

function imageWords(image: FileImage): string {
  const path = printableLine(image.path);
  switch (image.kind) {
    case 'absent':
      return `${path} was not there`;
    case 'file':
      return `${path} ${image.mode} ${image.owner}:${image.group}, ${count(image.bytes, 'byte')}, ${image.digest.slice(0, 12) || 'digest unknown'}${image.content === undefined ? ', content not kept' : ''}`;
    case 'folder':
      return `${path}/ ${image.mode} ${image.owner}:${image.group}`;
    case 'link':
      return `${path} -> ${printableLine(image.target)}`;
    case 'other':
      return `${path} (${printableLine(image.what)})`;
  }
}

function noteWords(note: Readonly<Record<string, unknown>>): string {
  return printableLine(
    Object.entries(note)
      .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join(', '),
  );
}

function clusterText({ cluster }: RunRecord, { paint, width }: RunsTextSettings): string[] {
  if (cluster.length === 0) return [];
  return [
    '',
    paint('strong', 'in etcd'),
    ...cluster.flatMap(({ what }) => wrap(`  ${paint('good', '~')} ${printableLine(what)}`, width, 4)),
  ];
}

function nextText(record: RunRecord, { paint }: RunsTextSettings): string[] {
  const { header, ending, hosts } = record;
  const [inventory, id] = [shellWord(header.inventory), shellWord(header.id)];
  const canUndo = [...hosts.values()].some((entries) =>
    hostUndos(entries).some(({ undo }) => undo.files.length + undo.units.length > 0),
  );
  const unfinished = ending === undefined || ending.exitStatus !== 0;
  return [
    '',
    ...(unfinished && header.kind === 'run'
      ? [`${paint('dim', 'go on with it:')} fix-flannel run --resume ${id}`]
      : []),
    canUndo ? `${paint('dim', 'undo it:')} fix-flannel rollback ${inventory} --run ${id}` : 'There is nothing to undo.',
  ];
}

function shellWord(text: string): string {
  const shown = printableLine(text);
  return /^[\w@%+=:,./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", `'\\''`)}'`;
}
