import type { ReportChange, ReportHost } from '../compliance/report.js';
import { maskedDeep } from '../core/mask.js';
import type { SiteSurvey } from '../diagnose/survey.js';
import type { Event } from '../engine/events.js';
import type { Phase } from '../engine/remediate.js';
import { newTally, type Tally, type Trouble } from '../engine/tally.js';
import type { Verdict } from '../engine/verdict.js';
import type { Inventory } from '../inventory/inventory.js';
import { shownEvent, shownTally } from '../report/shown.js';

/** Keeps what a check or a run came to, for a report; says nothing but what a person should know at once. */
export class SurveyListener {
  /** The clusters as they were seen first, secrets masked. */
  before: readonly SiteSurvey[] | undefined;
  /** And last. */
  sites: readonly SiteSurvey[] = [];
  /** How the engine ended. */
  ended: Verdict | undefined;
  readonly #tallies = { plan: newTally(), apply: newTally() };
  readonly #tell: (message: string) => void;
  #phase: Phase = 'plan';

  /** @param tell says a warning */
  constructor(tell: (message: string) => void = () => {}) {
    this.#tell = tell;
  }

  event(given: Event, phase: Phase): void {
    this.#phase = phase;
    this.#tallies[phase].listen(given);
    const event = shownEvent(given);
    if (event.kind === 'findings') {
      this.sites = event.sites;
      this.before ??= event.sites;
    }
    if (event.kind === 'warning') this.#tell(event.message);
    if (event.kind === 'stopping') this.#tell(event.why);
  }

  /** The plan is told by others. */
  planned(_tally: Tally): void {}

  verdict(verdict: Verdict): void {
    this.ended = verdict;
  }

  /** The hosts in the inventory's order, with what kept some of them from being looked at. */
  hosts(inventory: Inventory): ReportHost[] {
    const { tally } = this.#tallies[this.#phase];
    const without = new Set(
      this.sites.flatMap(({ picture }) =>
        picture.nodes.filter(({ status }) => status === 'no-flanneld').map(({ host }) => host),
      ),
    );
    const statusOf = (name: string): ReportHost['status'] => {
      if (tally.unreachable.has(name)) return 'not evaluated';
      if (tally.failed.has(name)) return 'failed';
      return without.has(name) || tally.leftAlone.has(name) ? 'no flannel' : 'evaluated';
    };
    return [...tally.hosts].map((name) => ({
      name,
      at: inventory.hosts.get(name)?.at ?? inventory.path,
      status: statusOf(name),
      ...wordsOf(tally.unreachable.get(name) ?? tally.failed.get(name)),
    }));
  }

  /** What was changed, or would be in a check. */
  changes(): ReportChange[] {
    const { changes, clusterChanges } = shownTally(this.#tallies[this.#phase].tally);
    const all = [...changes, ...(clusterChanges.length > 0 ? [['etcd', clusterChanges] as const] : [])];
    return all.flatMap(([host, list]) => list.map(({ task, why, diff }) => ({ host, task, why, diffs: diff })));
  }
}

function wordsOf(trouble: Trouble | undefined): Pick<ReportHost, 'why' | 'hint'> {
  return maskedDeep({ why: trouble?.why ?? null, hint: trouble?.hint ?? null });
}
