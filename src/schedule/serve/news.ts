import type { CheckReport } from '../../compliance/report.js';
import { compareReports, isNews, type Occurrence, occurrencesOf } from '../../history/compare.js';
import type { Outcome } from './ports.js';

/** What somebody is told of a cluster. Lists are cut; `more` says by how much. */
export interface News {
  readonly schema: 'fix-flannel/news/1';
  /** `changed`: a check saw something else than the one before. `mended`: a run was made, well or not. */
  readonly kind: 'changed' | 'check-failed' | 'mended';
  readonly cluster: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** One sentence. */
  readonly line: string;
  readonly exitStatus: number | null;
  /** The report's id. */
  readonly report: string | null;
  readonly began: readonly Occurrence[];
  readonly ended: readonly Occurrence[];
  /** Were there before, and could not be looked for. */
  readonly notSeen: readonly Occurrence[];
  readonly hostsLost: readonly string[];
  readonly hostsBack: readonly string[];
  readonly more: number;
}

/** Of each list. */
const MOST = 20;

export interface NewsSettings {
  readonly cluster: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * What is new in a report, if anything is.
 *
 * @param before the report before it; `undefined` for the first one
 * @param hasFailed the last check did not run: that it does again is news by itself
 */
export function newsOfReport(
  before: CheckReport | undefined,
  after: CheckReport,
  hasFailed: boolean,
  settings: NewsSettings,
): News | undefined {
  if (!hasFailed && !isNews(before, after)) return undefined;
  const lists = before === undefined ? firstLists(after) : compareReports(before, after);
  const line = hasFailed ? `Checks run again. ${after.verdict.line}` : after.verdict.line;
  const { began, ended, notSeen, unwaived, otherSeverity, hostsLost, hostsBack } = lists;
  return newsWith(settings, {
    kind: 'changed',
    line,
    exitStatus: after.verdict.exitStatus,
    report: after.id,
    began: [...began, ...unwaived, ...otherSeverity].filter(counts),
    ended: ended.filter(counts),
    notSeen: notSeen.filter(counts),
    hostsLost,
    hostsBack,
  });
}

/** A check that could not run. */
export function newsOfFailure(why: string, exitStatus: number | null, settings: NewsSettings): News {
  return newsWith(settings, { kind: 'check-failed', line: `The check could not run: ${why}.`, exitStatus });
}

/** What a run that nobody asked for came to. @param ids the checks whose findings it was made for */
export function newsOfMending(
  ids: readonly string[],
  outcome: Exclude<Outcome, { kind: 'stopped' }>,
  settings: NewsSettings,
): News {
  const why = `A run was started for ${[...new Set(ids)].join(', ')}.`;
  const { exitStatus } = outcome;
  if (outcome.kind === 'failed')
    return newsWith(settings, { kind: 'mended', line: `${why} ${outcome.why}.`, exitStatus });
  const { verdict, id } = outcome.report;
  return newsWith(settings, { kind: 'mended', line: `${why} ${verdict.line}`, exitStatus, report: id });
}

function newsWith({ cluster, now }: NewsSettings, part: Partial<News> & Pick<News, 'kind' | 'line'>): News {
  const lists = { began: part.began ?? [], ended: part.ended ?? [], notSeen: part.notSeen ?? [] };
  const hosts = { hostsLost: part.hostsLost ?? [], hostsBack: part.hostsBack ?? [] };
  const all = [...Object.values(lists), ...Object.values(hosts)];
  return {
    schema: 'fix-flannel/news/1',
    kind: part.kind,
    cluster,
    at: new Date(now).toISOString(),
    line: part.line,
    exitStatus: part.exitStatus ?? null,
    report: part.report ?? null,
    began: lists.began.slice(0, MOST),
    ended: lists.ended.slice(0, MOST),
    notSeen: lists.notSeen.slice(0, MOST),
    hostsLost: hosts.hostsLost.slice(0, MOST),
    hostsBack: hosts.hostsBack.slice(0, MOST),
    more: all.reduce((sum, list) => sum + Math.max(0, list.length - MOST), 0),
  };
}

type Lists = Pick<ReturnType<typeof compareReports>, 'began' | 'ended' | 'notSeen' | 'hostsLost' | 'hostsBack'> & {
  readonly unwaived: readonly Occurrence[];
  readonly otherSeverity: readonly Occurrence[];
};

function firstLists(after: CheckReport): Lists {
  const began = [...occurrencesOf(after).values()].map(({ sharedWith: _, ...occurrence }) => occurrence);
  return { began, ended: [], notSeen: [], unwaived: [], otherSeverity: [], hostsLost: [], hostsBack: [] };
}

function counts({ isWaived }: Occurrence): boolean {
  return !isWaived;
}
