import type { ReportHost } from '../compliance/report.js';
import { maskedDeep } from '../core/mask.js';
import type { SiteSurvey } from '../diagnose/survey.js';
import type { Event } from '../engine/events.js';
import type { Tally, Trouble } from '../engine/tally.js';
import type { Verdict } from '../engine/verdict.js';
import type { Inventory } from '../inventory/inventory.js';

/** Keeps what a check came to, for a report; says nothing but what a person should know at once. */
export class SurveyListener {
  /** The clusters as they were seen last, secrets masked. */
  sites: readonly SiteSurvey[] = [];
  /** `undefined` until the look is over. */
  tally: Tally | undefined;
  /** How the engine ended. */
  ended: Verdict | undefined;
  readonly #tell: (message: string) => void;

  /** @param tell says a warning */
  constructor(tell: (message: string) => void) {
    this.#tell = tell;
  }

  event(event: Event): void {
    if (event.kind === 'findings') this.sites = maskedDeep(event.sites);
    if (event.kind === 'warning') this.#tell(event.message);
    if (event.kind === 'stopping') this.#tell(event.why);
  }

  planned(tally: Tally): void {
    this.tally = tally;
  }

  verdict(verdict: Verdict): void {
    this.ended = verdict;
  }

  /** The hosts in the inventory's order, with what kept some of them from being looked at. */
  hosts(inventory: Inventory): ReportHost[] {
    const { tally } = this;
    if (tally === undefined) return [];
    const without = new Set(
      this.sites.flatMap(({ picture }) =>
        picture.nodes.filter(({ status }) => status === 'no-flanneld').map(({ host }) => host),
      ),
    );
    return [...tally.hosts].map((name) => {
      const at = inventory.hosts.get(name)?.at ?? inventory.path;
      const [status, trouble] = tally.unreachable.has(name)
        ? (['not evaluated', tally.unreachable.get(name)] as const)
        : ([tally.failed.has(name) ? 'failed' : without.has(name) ? 'no flannel' : 'evaluated', tally.failed.get(name)] as const);
      return { name, at, status, ...wordsOf(trouble) };
    });
  }
}

function wordsOf(trouble: Trouble | undefined): Pick<ReportHost, 'why' | 'hint'> {
  return maskedDeep({ why: trouble?.why ?? null, hint: trouble?.hint ?? null });
}
