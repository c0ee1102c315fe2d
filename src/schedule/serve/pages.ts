import type { CheckReport } from '../../compliance/report.js';
import { html } from '../../formats/html.js';
import { json } from '../../formats/json.js';
import { openHistory } from '../../history/open-history.js';
import type { Daemon } from './daemon.js';
import { indexPage } from './index-page.js';
import { metricsText } from './metrics.js';

/** What is answered to a path. */
export interface Page {
  readonly status: 200 | 404 | 503;
  readonly type: string;
  readonly text: string;
}

export interface PagesSettings {
  readonly stateFolder: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const HTML = 'text/html; charset=utf-8';
const TEXT = 'text/plain; charset=utf-8';
/** How many earlier reports a page's trend looks back. */
const TREND = 60;
/** Drawing a page of 500 nodes takes a while: so many are kept. */
const KEPT_PAGES = 16;

/** The daemon's pages. A path is looked up in memory and never becomes a path of a file. */
export class Pages {
  readonly #daemon: Daemon;
  readonly #settings: PagesSettings;
  readonly #drawn = new Map<string, Page>();

  constructor(daemon: Daemon, settings: PagesSettings) {
    this.#daemon = daemon;
    this.#settings = settings;
  }

  /** Whether the clusters are checked as they should be; names none of them. */
  health(): Page {
    const { isAlive, overdue } = this.#daemon.health();
    if (!isAlive) return { status: 503, type: TEXT, text: 'the schedule stands still\n' };
    if (overdue.length > 0) return { status: 503, type: TEXT, text: `${overdue.length} clusters are overdue\n` };
    return { status: 200, type: TEXT, text: 'ok\n' };
  }

  /** @param path of an address, as it was sent, without its query */
  async at(path: string): Promise<Page> {
    if (path === '/healthz') return this.health();
    if (path === '/metrics')
      return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', text: metricsText(this.#daemon) };
    if (path === '/')
      return { status: 200, type: HTML, text: indexPage(this.#daemon.statuses(), this.#settings.now()) };
    const [, name, isJson] = /^\/clusters\/([A-Za-z0-9_.-]{1,60})(\/report\.json)?$/.exec(path) ?? [];
    const report = name === undefined ? undefined : this.#daemon.find(name)?.work.latest();
    if (name === undefined || report === undefined) return NOT_FOUND;
    return isJson === undefined ? this.#drawnPage(name, report) : reportAsJson(report);
  }

  async #drawnPage(name: string, report: CheckReport): Promise<Page> {
    const key = `${name} ${report.id}`;
    const known = this.#drawn.get(key);
    if (known !== undefined) return known;
    const page = { status: 200, type: HTML, text: html.render(report, await this.#earlier(report)) } as const;
    this.#drawn.set(key, page);
    for (const oldest of this.#drawn.keys()) if (this.#drawn.size > KEPT_PAGES) this.#drawn.delete(oldest);
    return page;
  }

  async #earlier({ inventory, id }: CheckReport): Promise<CheckReport[]> {
    if (inventory.path === null) return [];
    const reports = await openHistory(this.#settings.stateFolder, inventory.path).latest(TREND + 1);
    return reports.filter((report) => report.id !== id && report.id < `${id}~`);
  }
}

const NOT_FOUND: Page = { status: 404, type: TEXT, text: 'There is nothing here, or not yet.\n' };

function reportAsJson(report: CheckReport): Page {
  return { status: 200, type: 'application/json; charset=utf-8', text: json.render(report, []) };
}
