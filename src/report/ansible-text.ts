import { maskedDeep } from '../core/mask.js';
import { printableLine } from '../core/text.js';
import type { Event } from '../engine/events.js';
import type { AnsibleTone } from './ansible-paint.js';
import { recapLines, statsLines } from './ansible-recap.js';
import { hostLabel, itemLabel, oneLine, type Piece, type ResultStyle, resultPieces } from './ansible-result.js';
import { warner } from './ansible-warning.js';
import { textWidth } from './text-width.js';

export interface AnsibleTextSettings extends ResultStyle {
  /** Takes one line of standard output, or of standard error. */
  readonly write: (line: string, to: 'out' | 'err') => void;
  /** See `ansibleColumns`. */
  readonly width: number;
  /** `CUSTOM STATS` after the recap. */
  readonly showStats: boolean;
}

/** How wide Ansible writes: one column less than the terminal, 79 at least, and where there is none. */
export function ansibleColumns(terminal: number | undefined): number {
  return Math.max(79, (terminal ?? 0) - 1);
}

/** A playbook's run in the words and the layout of Ansible's default output. */
export class AnsibleText {
  readonly #settings: AnsibleTextSettings;
  readonly #warning: (message: string) => void;
  #play = '';
  /** The task in hand, and its banner until that is written. */
  #task: Task | undefined;

  constructor(settings: AnsibleTextSettings) {
    this.#settings = settings;
    this.#warning = warner(settings);
  }

  event(given: Event): void {
    // What a plan rests on is not for people, and masking it would cost.
    if (given.kind === 'basis' || given.kind === 'findings') return;
    const event = maskedDeep(given);
    switch (event.kind) {
      case 'playbook':
        this.#playbook(event);
        break;
      case 'play':
        this.#play = event.play;
        this.#playBanner();
        break;
      case 'batch':
        // Each batch has the banner of its play.
        if (event.index > 1) this.#playBanner();
        break;
      case 'task':
        this.#startTask(event);
        break;
      case 'result':
        this.#result(event);
        break;
      case 'recap':
        this.#recap(event);
        break;
      case 'rescued':
        break;
      default:
        this.#aside(event);
    }
  }

  /** What is told of between the results. */
  #aside(event: Aside): void {
    switch (event.kind) {
      case 'retry':
        this.#line(
          `FAILED - RETRYING: [${hostLabel(event.host, event)}]: ${oneLine(event.task)} (${event.left} retries left).`,
          'debug',
        );
        break;
      case 'notified':
        if (this.#settings.verbosity < 2) break;
        this.#line(`NOTIFIED HANDLER ${oneLine(event.handler)} for ${printableLine(event.host)}`, 'verbose');
        break;
      case 'included': {
        const item = event.label === undefined ? '' : ` => (item=${itemLabel(event.label)})`;
        this.#line(`included: ${oneLine(event.what)} for ${oneLine(event.hosts.join(', '))}${item}`, 'skipped');
        break;
      }
      case 'no-hosts':
        if (event.why === 'none left') this.#banner('NO MORE HOSTS LEFT');
        else this.#line('skipping: no hosts matched', 'skipped');
        break;
      case 'warning':
        this.#warning(event.message);
        break;
      case 'stopping':
        this.#warning(event.why);
        break;
      case 'lease-deleted':
        if (event.outcome === 'deleted') break;
        this.#warning(`the lease ${event.subnet} was ${event.outcome} meanwhile, and is left as it is`);
        break;
      default:
        event satisfies never;
    }
  }

  #playbook({ file, plays }: Extract<Event, { kind: 'playbook' }>): void {
    if (this.#settings.verbosity < 2) return;
    this.#banner(`PLAYBOOK: ${file.slice(file.lastIndexOf('/') + 1)}`);
    this.#line(`${plays} plays in ${oneLine(file)}`, 'verbose');
  }

  #playBanner(): void {
    const name = this.#play.trim();
    this.#banner(name === '' ? 'PLAY' : `PLAY [${name}]`);
  }

  #startTask({ task, at, handler }: Extract<Event, { kind: 'task' }>): void {
    const { showOk, showSkipped } = this.#settings;
    const banner = `${handler ? 'RUNNING HANDLER' : 'TASK'} [${task.trim()}]`;
    this.#task = { banner, pathLine: `task path: ${oneLine(fileAndLine(at))}` };
    // Where some results are not shown, a banner waits for one that is.
    if (showOk && showSkipped) this.#taskBanner();
  }

  #taskBanner(): void {
    if (this.#task?.banner === undefined) return;
    this.#banner(this.#task.banner);
    if (this.#settings.verbosity >= 2) this.#line(this.#task.pathLine, 'debug');
    this.#task = { ...this.#task, banner: undefined };
  }

  #result({ of, module, at }: Extract<Event, { kind: 'result' }>): void {
    const pathLine = `task path: ${oneLine(fileAndLine(at))}`;
    for (const piece of resultPieces({ of, module, pathLine }, this.#settings)) {
      this.#taskBanner();
      this.#piece(piece);
    }
  }

  #piece(piece: Piece): void {
    if (piece.kind === 'warning') this.#warning(piece.message);
    else this.#line(piece.text, piece.tone);
  }

  #recap(event: Extract<Event, { kind: 'recap' }>): void {
    this.#banner('PLAY RECAP');
    for (const line of recapLines(event, this.#settings.paint)) this.#line(line);
    this.#line('');
    if (!this.#settings.showStats || event.stats.size === 0) return;
    this.#banner('CUSTOM STATS:');
    for (const line of statsLines(event)) this.#line(line);
    this.#line('');
  }

  /** A heading, filled with stars to the end of the line; three at least. */
  #banner(words: string): void {
    const line = oneLine(words);
    const stars = '*'.repeat(Math.max(3, this.#settings.width - textWidth(line)));
    this.#line(`\n${line} ${stars}`);
  }

  #line(text: string, tone?: AnsibleTone): void {
    const { paint, write } = this.#settings;
    for (const line of (tone === undefined ? text : paint(tone, text)).split('\n')) write(line, 'out');
  }
}

type Aside = Exclude<
  Event,
  { kind: 'playbook' | 'play' | 'batch' | 'task' | 'result' | 'recap' | 'rescued' | 'basis' | 'findings' }
>;

interface Task {
  readonly banner: string | undefined;
  readonly pathLine: string;
}

/** `FILE:LINE:COLUMN` without the column. */
function fileAndLine(at: string): string {
  return at.replace(/(:\d+):\d+$/, '$1');
}
