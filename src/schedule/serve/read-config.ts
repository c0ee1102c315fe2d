import { isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { catalogueIds, knownId } from '../../compliance/compliance-file.js';
import { FixError, messageOf } from '../../core/error.js';
import { neverShow } from '../../core/mask.js';
import { didYouMean } from '../../core/nearest.js';
import { readRegularFile, readText } from '../../core/read-text.js';
import { readYaml } from '../../core/read-yaml.js';
import { printableLine } from '../../core/text.js';
import type { SourceYaml, YamlPath } from '../../core/yaml.js';
import { parseReportOption } from '../../formats/write-report.js';
import { checkOptions } from './check-options.js';
import type { Listen, ServeConfig, ServedCluster, WebhookTarget, When } from './config.js';
import { type ClusterPart, KNOWN_KEYS, ServeFile, type WebhookPart } from './config-schema.js';
import { nextSlot } from './slots.js';
import { readHeaders, refusalOfUrl } from './webhook-target.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** What the file may leave to others. */
export interface ConfigDefaults {
  readonly stateFolder: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Reads the daemon's file. Paths in it begin at its folder; secrets it names are read now, and masked from here on.
 *
 * @throws FixError `serve/invalid` with `file:line:column`; `file/missing`, `file/too-large`, `yaml/syntax`
 */
export function readServeConfig(path: string, defaults: ConfigDefaults): ServeConfig {
  const source = readYaml(readText(path, 'the configuration'), path);
  const [twice] = source.warnings;
  if (twice !== undefined)
    throw new FixError('serve/invalid', printableLine(twice), { hint: 'Say it once.', at: path });
  const read = ServeFile.safeParse(source.value ?? {});
  if (!read.success) throw misfit(source, read.error);
  const reader = new ConfigReader(source, dirname(resolve(path)), defaults);
  return reader.config(read.data);
}

class ConfigReader {
  readonly #source: SourceYaml;
  readonly #folder: string;
  readonly #defaults: ConfigDefaults;

  constructor(source: SourceYaml, folder: string, defaults: ConfigDefaults) {
    this.#source = source;
    this.#folder = folder;
    this.#defaults = defaults;
  }

  config({ clusters, listen, state_folder: state, at_once: atOnce = 4, webhooks = [] }: ServeFile): ServeConfig {
    this.#refuseTwins(clusters);
    return {
      clusters: clusters.map((part, index) => this.#cluster(part, ['clusters', index])),
      listen: this.#listen(listen ?? {}),
      stateFolder: state === undefined ? this.#defaults.stateFolder : this.#path(state),
      atOnce,
      webhooks: webhooks.map((part, index) => this.#webhook(part, ['webhooks', index])),
    };
  }

  #refuseTwins(clusters: readonly ClusterPart[]): void {
    const seen = new Set<string>();
    for (const [index, { name }] of clusters.entries()) {
      // A folder each, also where the file system takes A for a.
      const key = name.toLowerCase();
      if (seen.has(key)) throw this.#invalid(['clusters', index, 'name'], `two clusters are called ${name}`);
      seen.add(key);
    }
  }

  #cluster(part: ClusterPart, at: YamlPath): ServedCluster {
    const { name, check = {}, reports = [], webhooks = [], remediate } = part;
    const inventory = this.#path(part.inventory);
    this.#try([...at, 'inventory'], () => readRegularFile(inventory, 'the inventory'));
    return {
      name,
      inventory,
      when: this.#when(part, at),
      jitterMs: part.jitter ?? 0,
      timeoutMs: part.timeout ?? 10 * MINUTE,
      options: this.#try([...at, 'check'], () => checkOptions(check, (path) => this.#path(path))),
      reports: reports.map((text, index) => this.#report(text, [...at, 'reports', index])),
      webhooks: webhooks.map((hook, index) => this.#webhook(hook, [...at, 'webhooks', index])),
      remediate: remediate && {
        after: remediate.after,
        only: remediate.only.map((id, index) => this.#checkId(id, [...at, 'remediate', 'only', index])),
        timeoutMs: remediate.timeout ?? 60 * MINUTE,
      },
    };
  }

  #when({ cron, every, timezone }: ClusterPart, at: YamlPath): When {
    if ((cron === undefined) === (every === undefined))
      throw this.#invalid(at, 'a cluster needs either cron or every', 'Write every: 1h, or cron: "17 * * * *".');
    if (every !== undefined) {
      if (timezone !== undefined) throw this.#invalid([...at, 'timezone'], 'timezone goes with cron only');
      return { kind: 'every', ms: every };
    }
    const when = { kind: 'cron', pattern: (cron as string).trim(), timezone } as const;
    const hint = 'Five fields, as "17 * * * *"; a timezone is one as Europe/Berlin.';
    try {
      if (nextSlot(when, this.#defaults.now) !== undefined) return when;
    } catch (error) {
      throw this.#invalid([...at, 'cron'], `cron cannot be read: ${printableLine(messageOf(error), 200)}`, hint);
    }
    throw this.#invalid([...at, 'cron'], 'cron names no day that there is', hint);
  }

  #report(text: string, at: YamlPath): string {
    const { format, path } = this.#try(at, () => parseReportOption(text));
    if (path === '-') throw this.#invalid(at, 'a report of the daemon goes to a file, not to standard output');
    return `${format.name}=${this.#path(path)}`;
  }

  #checkId(id: string, at: YamlPath): string {
    return knownId(id, catalogueIds(), (message, hint) => this.#invalid(at, message, hint));
  }

  #webhook({ url, kind, headers_file: file, timeout }: WebhookPart, at: YamlPath): WebhookTarget {
    const refusal = refusalOfUrl(url);
    if (refusal !== undefined) throw this.#invalid([...at, 'url'], `url ${refusal}`);
    const { pathname, search } = new URL(url);
    for (const secret of [pathname.slice(1), search.slice(1)]) if (secret.length > 8) neverShow(secret);
    const headers = file === undefined ? {} : this.#try([...at, 'headers_file'], () => readHeaders(this.#path(file)));
    return { url, kind, headers, timeoutMs: timeout ?? 10 * SECOND };
  }

  #listen({ address = '127.0.0.1', port = 9844, token_file: file }: NonNullable<ServeFile['listen']>): Listen {
    const at = ['listen', 'address'];
    if (isIP(address) === 0) throw this.#invalid(at, 'address has to be an IP address', 'Write 127.0.0.1, or ::1.');
    if (file === undefined && !isLoopback(address)) {
      const hint = 'Write listen.token_file: a file whose first line is the token; or listen on 127.0.0.1.';
      throw this.#invalid(at, `listening on ${address} needs a token, as others can reach it`, hint);
    }
    return { address, port, token: file === undefined ? undefined : this.#token(file) };
  }

  #token(file: string): string {
    const at = ['listen', 'token_file'];
    const text = this.#try(at, () => readRegularFile(this.#path(file), 'the token file', 65_536)).toString('utf8');
    const token = text.split('\n', 1)[0]?.trim() ?? '';
    if (!/^[\x21-\x7e]{16,512}$/.test(token))
      throw this.#invalid(at, 'the token has to be 16 to 512 visible ASCII characters on the first line');
    neverShow(token);
    return token;
  }

  #path(path: string): string {
    return resolve(this.#folder, path);
  }

  /** What goes wrong inside is told with its place in the file. */
  #try<T>(at: YamlPath, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof FixError)) throw error;
      throw new FixError('serve/invalid', error.message, { hint: error.hint, at: this.#source.at(at), cause: error });
    }
  }

  #invalid(at: YamlPath, message: string, hint = HINT): FixError {
    return new FixError('serve/invalid', message, { hint, at: this.#source.at(at) });
  }
}

/** Whether only this machine can reach an address. */
export function isLoopback(address: string): boolean {
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
}

const HINT = 'Mend it; docs/serve.md shows a whole file.';

function misfit(source: SourceYaml, error: z.ZodError): FixError {
  const [issue] = error.issues;
  const path = (issue?.path ?? []).map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (issue?.code === 'unrecognized_keys') {
    const key = printableLine(issue.keys[0] ?? '', 80);
    const hint = didYouMean(key, KNOWN_KEYS, HINT);
    return new FixError('serve/invalid', `there is no ${key} here`, { hint, at: source.at([...path, key]) });
  }
  const name = printableLine(String(path.findLast((step) => typeof step === 'string') ?? 'the file'), 80);
  const isMissing = issue?.code === 'invalid_type' && issue.message.endsWith('not nothing');
  const message = isMissing ? `${name} is missing, or empty` : `${name} ${issue?.message ?? 'does not fit'}`;
  return new FixError('serve/invalid', message, { hint: HINT, at: source.at(path) });
}
