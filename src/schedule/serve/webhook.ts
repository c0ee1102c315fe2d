import { ExponentialBackoff, handleWhen, type IPolicy, retry } from 'cockatiel';
import { messageOf } from '../../core/error.js';
import { printableLine } from '../../core/text.js';
import { shownTarget, type WebhookTarget } from './config.js';
import { messageText } from './message.js';
import type { News } from './news.js';
import type { Log } from './ports.js';

export interface WebhookSettings {
  readonly log: Log;
  /** The pause before the second attempt; it doubles each time. */
  readonly firstPauseMs?: number;
  readonly attempts?: number;
  /** How many messages may wait. */
  readonly queue?: number;
}

/** Sends news to one address, one after another, in their order. What cannot be sent is told in the log, and lost. */
export class Webhook {
  readonly target: WebhookTarget;
  readonly #settings: WebhookSettings;
  readonly #policy: IPolicy;
  readonly #most: number;
  readonly #waiting: News[] = [];
  readonly #gaveUp = new AbortController();
  #sending: Promise<void> | undefined;
  #failures = 0;

  constructor(target: WebhookTarget, settings: WebhookSettings) {
    this.target = target;
    this.#settings = settings;
    this.#most = settings.queue ?? 100;
    const firstPause = settings.firstPauseMs ?? 1000;
    this.#policy = retry(
      handleWhen((error) => !(error instanceof Refused)),
      {
        maxAttempts: (settings.attempts ?? 5) - 1,
        backoff: new ExponentialBackoff({ initialDelay: firstPause, maxDelay: 60 * firstPause }),
      },
    );
  }

  /** Messages that were lost so far. */
  get failures(): number {
    return this.#failures;
  }

  send(news: News): void {
    this.#waiting.push(news);
    if (this.#waiting.length > this.#most) this.#lose(this.#waiting.shift(), 'too many are waiting');
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  /** Waits until all is sent, or gives it up after so many milliseconds. */
  async close(withinMs: number): Promise<void> {
    const timer = setTimeout(() => this.#gaveUp.abort(), withinMs);
    await this.#sending;
    clearTimeout(timer);
  }

  async #sendAll(): Promise<void> {
    for (let news = this.#waiting.shift(); news !== undefined; news = this.#waiting.shift()) {
      const body = messageText(news, this.target.kind);
      try {
        await this.#policy.execute(({ signal }) => this.#post(body, signal), this.#gaveUp.signal);
        this.#settings.log('webhook sent', { cluster: news.cluster, to: shownTarget(this.target) });
      } catch (error) {
        this.#lose(news, reasonOf(error));
      }
    }
  }

  #lose(news: News | undefined, why: string): void {
    this.#failures++;
    this.#settings.log('webhook lost', { cluster: news?.cluster ?? '', to: shownTarget(this.target), why });
  }

  async #post(body: string, signal: AbortSignal): Promise<void> {
    if (this.#gaveUp.signal.aborted) throw new Refused('the daemon is stopping');
    const { url, headers, timeoutMs } = this.target;
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'user-agent': 'fix-flannel', ...headers, 'content-type': 'application/json; charset=utf-8' },
      body,
      // A redirect could lead a secret header to another host: none is followed.
      redirect: 'manual',
      signal: AbortSignal.any([signal, this.#gaveUp.signal, AbortSignal.timeout(timeoutMs)]),
    });
    await response.body?.cancel();
    if (response.ok) return;
    const text = `it answers with status ${response.status}`;
    const mayPass = response.status >= 500 || response.status === 429 || response.status === 408;
    throw mayPass ? new Error(text) : new Refused(response.status < 400 ? `${text}; redirects are not followed` : text);
  }
}

/** No other attempt would end otherwise. */
class Refused extends Error {}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return printableLine(`${messageOf(error)}${cause}`, 200);
}
