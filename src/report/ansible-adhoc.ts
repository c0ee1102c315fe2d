import { maskedDeep } from '../core/mask.js';
import type { Fields } from '../core/module.js';
import { printable, printableLine } from '../core/text.js';
import type { Event, TaskResult } from '../engine/events.js';
import { dumpResult } from './ansible-json.js';
import { diffLines, oneLine, type ResultStyle, toldFields } from './ansible-result.js';
import { warner } from './ansible-warning.js';

export interface AdHocSettings extends Pick<ResultStyle, 'paint' | 'verbosity' | 'diff' | 'diffContext'> {
  /** Takes one line of standard output, or of standard error. */
  readonly write: (line: string, to: 'out' | 'err') => void;
  /** See `ansibleColumns`. */
  readonly width: number;
  /** `-o`: one line for each host. */
  readonly oneLine: boolean;
  /** Takes what a host answered, as one line of JSON. */
  readonly keep?: (host: string, json: string) => void;
}

/** What these print is a text for people; the others answer with fields. */
const TEXTUAL: ReadonlySet<string> = new Set(['command', 'shell', 'raw']);

/** A single task's run in the words and the layout of `ansible HOSTS -m NAME`. */
export class AdHocText {
  readonly #settings: AdHocSettings;
  readonly #warning: (message: string) => void;

  constructor(settings: AdHocSettings) {
    this.#settings = settings;
    this.#warning = warner(settings);
  }

  event(given: Event): void {
    if (given.kind === 'result') {
      const { of, module } = maskedDeep(given);
      this.#result(of, module);
    } else if (given.kind === 'warning') {
      this.#warning(maskedDeep(given).message);
    } else if (given.kind === 'no-hosts' && given.why !== 'none left') {
      this.#warning('No hosts matched, nothing to do');
    }
  }

  #result(of: TaskResult, module: string): void {
    const { paint, keep } = this.#settings;
    const result = toldFields(of, { of, module });
    keep?.(of.host, dumpResult(result));
    this.#lines(diffLines(of, of, this.#settings));
    this.#lines(paint(of.status, this.#told(of, module, result)).split('\n'));
    if (of.hint !== undefined && !of.noLog) this.#lines([`  hint: ${printableLine(of.hint, 1000)}`]);
  }

  #told({ host: name, status }: TaskResult, module: string, result: Fields): string {
    const host = printableLine(name);
    const isText = TEXTUAL.has(module) && !('ansible_job_id' in result) && !('censored' in result);
    switch (status) {
      case 'skipped':
        return `${host} | SKIPPED`;
      case 'unreachable':
        return this.#settings.oneLine
          ? `${host} | UNREACHABLE!: ${oneLine(textOf(result.msg))}`
          : `${host} | UNREACHABLE! => ${this.#fields(result)}`;
      case 'failed':
        if (isText && !this.#settings.oneLine && 'rc' in result) return spoken(host, 'FAILED', result);
        return `${host} | FAILED! => ${this.#fields(result)}`;
      case 'ok':
      case 'changed': {
        const word = status === 'changed' ? 'CHANGED' : 'SUCCESS';
        if (!isText) return `${host} | ${word} => ${this.#fields(result)}`;
        return this.#settings.oneLine ? spokenShort(host, word, result) : spoken(host, word, result);
      }
      default:
        return status satisfies never;
    }
  }

  #fields(result: Fields): string {
    const json = dumpResult(result, { indent: 4, invocation: this.#settings.verbosity > 2 });
    return this.#settings.oneLine ? json.replaceAll(/\n */g, '') : json;
  }

  #lines(lines: readonly string[]): void {
    for (const line of lines) this.#settings.write(line, 'out');
  }
}

/** What a program printed, below a line that says how it ended. */
function spoken(host: string, word: string, { rc, stdout, stderr, msg }: Fields): string {
  const said = `${textOf(stdout)}${textOf(stderr)}${textOf(msg)}`;
  return `${host} | ${word} | rc=${textOf(rc ?? -1)} >>\n${printable(said)}`;
}

function spokenShort(host: string, word: string, { rc, stdout, stderr }: Fields): string {
  const errors = textOf(stderr) === '' ? '' : ` (stderr) ${oneLine(textOf(stderr))}`;
  return `${host} | ${word} | rc=${textOf(rc ?? -1)} | (stdout) ${oneLine(textOf(stdout))}${errors}`;
}

function textOf(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}
