import type { Fields } from '../core/module.js';
import { printable, printableLine } from '../core/text.js';
import type { ItemOfLoop, TaskResult } from '../engine/events.js';
import { str } from '../template/python-text.js';
import { ansibleDiff } from './ansible-diff.js';
import { censored, dumpResult } from './ansible-json.js';
import type { AnsiblePaint, AnsibleTone } from './ansible-paint.js';

/** What of results is printed, and how. */
export interface ResultStyle {
  readonly paint: AnsiblePaint;
  /** `-v` counted, 0 to 4. */
  readonly verbosity: number;
  readonly diff: boolean;
  /** Lines round a change in a diff. */
  readonly diffContext: number;
  readonly showSkipped: boolean;
  readonly showOk: boolean;
  /** The place of a task above each failure of it. */
  readonly showPathOnFailure: boolean;
}

/** A result with the task that it is of. */
export interface ToldResult {
  readonly of: TaskResult;
  readonly module: string;
  /** `task path: FILE:LINE` */
  readonly pathLine: string;
}

/** One thing to print: a text of one or more lines, or a warning. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string; readonly tone?: AnsibleTone }
  | { readonly kind: 'warning'; readonly message: string };

/** A result, or one item of it: both are told alike. */
type Told = Pick<TaskResult, 'status' | 'why' | 'result' | 'diff' | 'delegated'> & {
  readonly label?: unknown;
  readonly quiet?: boolean | undefined;
};

/** Everything that is printed of a task's result on one host. */
export function resultPieces(told: ToldResult, style: ResultStyle): Piece[] {
  const { of } = told;
  const items = of.items?.flatMap((item) => itemPieces(item, told, style)) ?? [];
  switch (of.status) {
    case 'ok':
    case 'changed':
      return hasSummary(of) ? [...items, ...wellPieces(of, told, style)] : items;
    case 'skipped':
      return style.showSkipped ? [...items, skippedLine(of, told, style)] : [];
    case 'failed':
    case 'unreachable':
      return [...items, ...failurePieces(told, style)];
    default:
      return of.status satisfies never;
  }
}

/** Items speak for themselves, unless nothing but their status may be told. */
function hasSummary({ items, noLog }: TaskResult): boolean {
  return items === undefined || noLog;
}

function wellPieces(of: TaskResult, told: ToldResult, style: ResultStyle): Piece[] {
  if (of.status === 'ok' && !style.showOk) return [];
  const dump = isVerbose(of, told, style) ? ` => ${dumpOf(of, told, style)}` : '';
  return [
    ...diffPieces(of, told, style),
    ...warningsOf(of, told),
    text(`${of.status}: [${hostLabel(of.host, of)}]${dump}`, of.status),
  ];
}

function skippedLine(of: TaskResult, told: ToldResult, style: ResultStyle): Piece {
  const dump = isVerbose(of, told, style) ? ` => ${dumpOf(of, told, style)}` : '';
  return text(`skipping: [${printableLine(of.host)}]${dump}`, 'skipped');
}

function failurePieces(told: ToldResult, style: ResultStyle): Piece[] {
  const { of } = told;
  const isUnreachable = of.status === 'unreachable';
  const pieces: Piece[] = [];
  if (hasSummary(of) || isUnreachable) {
    if (!isUnreachable) pieces.push(...warningsOf(of, told));
    const showsPath = style.showPathOnFailure && style.verbosity < 2 && !isUnreachable;
    if (showsPath) pieces.push(text(told.pathLine, 'debug'));
    const word = isUnreachable ? 'UNREACHABLE' : 'FAILED';
    const line = `fatal: [${hostLabel(of.host, of)}]: ${word}! => ${dumpOf(of, told, style)}`;
    pieces.push(text(line, isUnreachable ? 'unreachable' : 'failed'));
  }
  if (of.hint !== undefined && !of.noLog) pieces.push(text(`  hint: ${printableLine(of.hint, 1000)}`));
  if (of.ignored) pieces.push(text('...ignoring', 'skipped'));
  return pieces;
}

function itemPieces(item: ItemOfLoop, told: ToldResult, style: ResultStyle): Piece[] {
  const host = hostLabel(told.of.host, item);
  const label = told.of.noLog ? 'None' : itemLabel(item.label);
  const dump = () => dumpOf(item, told, style);
  const more = isVerbose(item, told, style) ? ` => ${dump()}` : '';
  switch (item.status) {
    case 'ok':
    case 'changed':
      if (item.status === 'ok' && !style.showOk) return [];
      return [
        ...diffPieces(item, told, style),
        text(`${item.status}: [${host}] => (item=${label})${more}`, item.status),
      ];
    case 'skipped':
      if (!style.showSkipped) return [];
      // The blank at the end is Ansible's.
      return [text(`skipping: [${printableLine(told.of.host)}] => (item=${label}) ${more}`, 'skipped')];
    case 'failed':
    case 'unreachable':
      return [...warningsOf(item, told), text(`failed: [${host}] (item=${label}) => ${dump()}`, 'failed')];
    default:
      return item.status satisfies never;
  }
}

/** An item as output names it. A line feed in it must not begin a line that looks like a result. */
export function itemLabel(label: unknown): string {
  try {
    return oneLine(str(label));
  } catch {
    return '...';
  }
}

/** The host, and where it handed the task to: `web -> lb(10.0.0.7)`. */
export function hostLabel(host: string, { delegated }: Pick<TaskResult, 'delegated'>): string {
  if (delegated === undefined || delegated.name === host) return printableLine(host);
  const address = delegated.address === delegated.name ? '' : `(${delegated.address})`;
  return printableLine(`${host} -> ${delegated.name}${address}`);
}

/** Modules that are there to print, whatever the verbosity. */
const PRINTING: ReadonlySet<string> = new Set(['debug', 'assert']);
/** What these find out would fill pages. */
const NEVER_VERBOSE: ReadonlySet<string> = new Set(['setup', 'gather_facts']);

function isVerbose(one: Told, told: ToldResult, { verbosity }: ResultStyle): boolean {
  if (NEVER_VERBOSE.has(told.module) && one.status === 'ok') return false;
  return verbosity > 0 || alwaysPrints(one, told);
}

function alwaysPrints(one: Told, { module, of }: ToldResult): boolean {
  if (!PRINTING.has(module) || of.noLog || of.quiet === true || one.status === 'skipped') return false;
  return module === 'assert' || one.status === 'ok' || one.status === 'changed';
}

function dumpOf(one: Told, told: ToldResult, { verbosity }: ResultStyle): string {
  const indent = verbosity > 2 || alwaysPrints(one, told) ? 4 : undefined;
  return dumpResult(toldFields(one, told), { indent, invocation: verbosity > 2 });
}

/** The fields of a result that are told. */
export function toldFields(one: Told, { of, module }: Pick<ToldResult, 'of' | 'module'>): Fields {
  const result = of.noLog ? censored(one.result) : one.result;
  if (module === 'debug') return debugFields({ ...one, result });
  // Of a loop that was passed over the items have been told.
  const { results: _, ...summary } = result;
  return one.status === 'skipped' ? summary : result;
}

/** Fields that `debug` has besides what it was asked to print. */
const BESIDE_DEBUG: ReadonlySet<string> = new Set(['changed', 'failed', 'skipped', 'skip_reason', 'invocation']);

/** Of a message the message alone; of a variable all but the rest, as Ansible does. */
function debugFields(one: Told): Fields {
  const rest = Object.fromEntries(Object.entries(one.result).filter(([key]) => !BESIDE_DEBUG.has(key)));
  if (!('msg' in rest)) return rest;
  // What the engine says of a variable in words is no message.
  if (isInWords(one)) return withoutMessage(rest);
  return { msg: rest.msg };
}

function isInWords({ why, result }: Told): boolean {
  if (result.msg !== why) return false;
  return Object.entries(result).some(([key, value]) => key !== 'msg' && why === `${key}: ${JSON.stringify(value)}`);
}

function withoutMessage({ msg: _, ...rest }: Fields): Fields {
  return rest;
}

function diffPieces(one: Told, { of }: ToldResult, style: ResultStyle): Piece[] {
  const lines = diffLines(one, of, style);
  return lines.length === 0 ? [] : [text(lines.join('\n'))];
}

/** How the files of a change differ, where that is to be shown. */
export function diffLines(
  one: Told,
  { noLog }: Pick<TaskResult, 'noLog'>,
  style: Pick<ResultStyle, 'diff' | 'diffContext' | 'paint'>,
): string[] {
  if (!style.diff || noLog || one.status !== 'changed') return [];
  return one.diff.flatMap((diff) => ansibleDiff(diff, style.paint, style.diffContext));
}

function warningsOf({ result }: Told, { of }: ToldResult): Piece[] {
  if (of.noLog || !Array.isArray(result.warnings)) return [];
  return result.warnings.map((message) => ({ kind: 'warning', message: String(message) }));
}

function text(lines: string, tone?: AnsibleTone): Piece {
  return tone === undefined ? { kind: 'text', text: lines } : { kind: 'text', text: lines, tone };
}

/** Whatever its length. */
export function oneLine(words: string): string {
  return printable(words).replaceAll('\n', '\\n');
}
