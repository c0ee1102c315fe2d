import { maskedDeep } from '../core/mask.js';
import { printable, printableLine } from '../core/text.js';
import type { Event, TaskResult } from '../engine/events.js';
import type { Phase } from '../engine/remediate.js';
import type { Tally } from '../engine/tally.js';
import type { Verdict } from '../engine/verdict.js';
import { findingsText } from './findings-text.js';
import { hostList } from './host-list.js';
import type { Paint, Tone } from './paint.js';
import { planText } from './plan-text.js';
import { shownEvent, shownTally } from './shown.js';
import { statesText } from './states-text.js';
import { unifiedDiff } from './unified-diff.js';
import { wrap } from './wrap.js';

export interface TextSettings {
  /** Takes one line. */
  readonly write: (line: string) => void;
  readonly paint: Paint;
  /** Columns. */
  readonly width: number;
  /** 0: what matters; 1: skipped and unchanged tasks too. */
  readonly verbosity: number;
  readonly diff: boolean;
  readonly check: boolean;
}

/** What people read on standard output. */
export class TextReport {
  readonly #settings: TextSettings;
  #task: { title: string; module: string; results: TaskResult[] } | undefined;
  #hosts: readonly string[] = [];
  #heading: string[] = [];
  #hasPlan = false;

  constructor(settings: TextSettings) {
    this.#settings = settings;
  }

  event(given: Event, phase: Phase): void {
    const event = shownEvent(given);
    if (event.kind === 'findings') this.#findings(event, phase);
    // The plan has a page of its own; its tasks are told one by one only to who asks for it.
    if (phase === 'plan' && this.#settings.verbosity === 0) this.#warning(event);
    else this.#told(event);
  }

  #told(event: Event): void {
    if (event.kind === 'result') {
      this.#task?.results.push(event.of);
      return;
    }
    // The results of the task in hand are still to come.
    if (event.kind === 'findings') return;
    const toCome = event.kind === 'warning' && this.#task?.results.length === 0;
    if (event.kind !== 'lease-deleted' && !toCome) this.#flush();
    if (event.kind === 'task') this.#task = { title: event.task, module: event.module, results: [] };
    else if (event.kind === 'play') this.#play(event);
    else if (event.kind === 'batch') this.#batch(event);
    else this.#warning(event);
  }

  #play({ play, hosts }: Extract<Event, { kind: 'play' }>): void {
    this.#hosts = hosts;
    this.#heading = ['', this.#settings.paint('strong', printableLine(play, 200))];
  }

  #batch(event: Extract<Event, { kind: 'batch' }>): void {
    this.#hosts = event.hosts;
    this.#heading.push(this.#batchLine(event));
  }

  planned(given: Tally): void {
    const tally = shownTally(given);
    this.#flush();
    this.#hasPlan = true;
    this.#lines(planText(tally, this.#settings));
  }

  verdict(given: Verdict): void {
    const verdict = maskedDeep(given);
    this.#flush();
    this.#heading = [];
    const tone: Tone = verdict.exitStatus === 0 ? 'good' : verdict.kind === 'planned' ? 'warn' : 'bad';
    this.#lines(['', ...statesText(verdict, this.#settings), this.#settings.paint(tone, verdict.line)]);
  }

  /** Headings are written once there is something below them. */
  #lines(lines: readonly string[]): void {
    if (lines.length === 0) return;
    for (const line of [...this.#heading.splice(0), ...lines]) this.#settings.write(line);
  }

  #batchLine({ hosts, index, of }: Extract<Event, { kind: 'batch' }>): string {
    const { paint, width } = this.#settings;
    const canary = index === 1 && hosts.length === 1 ? ', the canary' : '';
    return `  ${hostList(hosts, width - 30)} ${paint('dim', `(batch ${index} of ${of}${canary})`)}`;
  }

  #warning(event: Event): void {
    const { paint, width } = this.#settings;
    if (event.kind === 'warning')
      this.#lines(wrap(`${paint('warn', '!')} ${printableLine(event.message, 400)}`, width, 2));
    if (event.kind === 'stopping') this.#lines([paint('warn', event.why)]);
    if (event.kind === 'rescued') this.#lines([`    ${paint('warn', '↺')} ${printableLine(event.host)}: rescued`]);
    if (event.kind === 'lease-deleted' && event.outcome !== 'deleted') {
      const why = event.outcome === 'changed' ? 'it was renewed meanwhile, and stays' : 'it was gone already';
      this.#lines([`    ${paint('dim', '-')} dead lease ${printableLine(event.subnet)}: ${why}`]);
    }
  }

  #findings({ findings, notEvaluated, notes }: Extract<Event, { kind: 'findings' }>, phase: Phase): void {
    const { paint, width, verbosity } = this.#settings;
    if (phase === 'plan') this.#lines(notes.flatMap((note) => wrap(printableLine(note, 400), width, 2)));
    // The same diagnosis opens both passes; what it still finds at the end is what the verdict counts.
    if (phase === 'apply' && findings.length === 0 && notEvaluated.length === 0) return;
    if (phase === 'apply' && !this.#isLastWord()) return;
    const lines = findingsText(findings, notEvaluated, { paint, width, all: verbosity > 0 });
    if (lines.length > 0) this.#lines(['', ...lines]);
  }

  #diagnoses = 0;
  #isLastWord(): boolean {
    this.#diagnoses++;
    return this.#diagnoses > 1;
  }

  #flush(): void {
    const task = this.#task;
    this.#task = undefined;
    if (!task) return;
    for (const group of groupsOf(task.results)) this.#group(task, group);
  }

  #group({ title, module }: { title: string; module: string }, group: Group): void {
    const { paint, width, verbosity, diff } = this.#settings;
    const [first] = group.results as [TaskResult, ...TaskResult[]];
    const quiet =
      first.status === 'skipped' ||
      (first.status === 'ok' && first.result.proven !== true && first.result.notice !== true && module !== 'debug');
    if (quiet && verbosity === 0) return;
    const sign = signOf(first, paint);
    const names = group.results.map((one) => one.host);
    const everybody = names.length === this.#hosts.length || first.result.cluster === true;
    const whose = everybody ? '' : `${hostList(names, 30)}: `;
    // What a program said runs over several lines; the first says what became of the task.
    const [what = '', ...more] = first.noLog ? ['(no_log)'] : printable(first.why).split('\n');
    this.#lines(wrap(`    ${sign} ${whose}${printableLine(title, 200)}: ${printableLine(what, 4000)}`, width, 6));
    this.#lines(more.slice(0, MOST_LINES).map((line) => `        ${paint('dim', printableLine(line, 400))}`));
    if (more.length > MOST_LINES)
      this.#lines([`        ${paint('dim', `and ${more.length - MOST_LINES} more lines`)}`]);
    if (first.hint && first.status !== 'ok')
      this.#lines(wrap(`      ${paint('dim', '→')} ${printableLine(first.hint, 400)}`, width, 8));
    // What the plan has shown already is not shown twice.
    if (diff && !first.noLog && !this.#hasPlan) {
      for (const one of first.diff) {
        this.#lines([
          `      ${paint('place', printableLine(one.path))}`,
          ...unifiedDiff(one, paint).map((line) => `      ${line}`),
        ]);
      }
    }
  }
}

/** Of what a program said. */
const MOST_LINES = 100;

interface Group {
  readonly results: TaskResult[];
}

/** Results that read the same, on one line. */
function groupsOf(results: readonly TaskResult[]): Group[] {
  const groups = new Map<string, Group>();
  for (const result of results) {
    const key = JSON.stringify([result.status, result.ignored, result.why, result.hint, result.diff]);
    const group = groups.get(key);
    if (group) group.results.push(result);
    else groups.set(key, { results: [result] });
  }
  return [...groups.values()];
}

function signOf(result: TaskResult, paint: Paint): string {
  if (result.result.notice === true) return paint('warn', '?');
  if (result.ignored) return paint('warn', '✗ (ignored)');
  switch (result.status) {
    case 'ok':
      return paint('good', '✓');
    case 'changed':
      return paint('good', '~');
    case 'skipped':
      return paint('dim', '-');
    case 'failed':
      return paint('bad', '✗');
    case 'unreachable':
      return paint('bad', '✗ (unreachable)');
    default:
      return result.status satisfies never;
  }
}
