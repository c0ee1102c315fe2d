import { maskedDeep } from '../core/mask.js';
import { jsonWithoutControls } from '../core/printable.js';
import type { Event } from '../engine/events.js';
import type { Phase } from '../engine/remediate.js';
import type { TalliedChange, Tally } from '../engine/tally.js';
import type { Verdict } from '../engine/verdict.js';
import { shownEvent, shownTally } from './shown.js';

/** One JSON object a line. The only place that makes JSON of the domain's values. */
export class JsonReport {
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  event(event: Event, phase: Phase): void {
    if (event.kind === 'basis') return;
    this.#line({ phase, ...shownEvent(event.kind === 'findings' ? withoutSites(event) : event) });
  }

  planned(given: Tally): void {
    const tally = shownTally(given);
    this.#line({
      kind: 'plan',
      changes: Object.fromEntries([...tally.changes].map(([host, changes]) => [host, changes.map(shownChange)])),
      refused: Object.fromEntries([...tally.failed].filter(([, trouble]) => trouble.refused)),
      unreachable: Object.fromEntries(tally.unreachable),
      leftAlone: Object.fromEntries(tally.leftAlone),
    });
  }

  verdict(verdict: Verdict): void {
    const { kind, ...rest } = maskedDeep(verdict);
    this.#line({ kind: 'verdict', verdict: kind, ...rest });
  }

  #line(value: unknown): void {
    this.#write(jsonWithoutControls(JSON.stringify(value, asJson)));
  }
}

/** Clusters as they were seen, with the same findings once more, are for reports. */
function withoutSites(event: Extract<Event, { kind: 'findings' }>): Event {
  return { ...event, sites: [] };
}

function shownChange({ actions: _, become: __, ...shown }: TalliedChange) {
  return shown;
}

/** Addresses and ranges have their text form; big integers are text. */
function asJson(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Map) return Object.fromEntries(value);
  if (typeof value === 'object' && value !== null && 'toCidrString' in value) {
    return (value as { toCidrString(): string }).toCidrString();
  }
  return value;
}
