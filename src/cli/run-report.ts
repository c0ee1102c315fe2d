import { judge, type Waived } from '../compliance/judge.js';
import { NO_PROFILE } from '../compliance/profile.js';
import type { CheckReport, ReportVerdict } from '../compliance/report.js';
import { maskedDeep } from '../core/mask.js';
import { ofRuns } from '../diagnose/diagnose.js';
import type { RunSettings } from '../engine/run.js';
import type { Verdict, VerdictKind } from '../engine/verdict.js';
import { programVersion } from './program-version.js';
import type { SurveyListener } from './survey-listener.js';

/** A run waives nothing: what it leaves is told. */
const NOTHING_WAIVED: Waived = { waivedHosts: () => [], states: () => [] };

/**
 * What a run came to, as a report: the clusters before and after it, what it changed, what is left.
 *
 * @param seconds how long it took
 */
export function reportOfRun(
  { header, inventory }: RunSettings,
  listener: SurveyListener,
  verdict: Verdict,
  seconds: number,
): CheckReport {
  const { sites, before } = listener;
  const hosts = listener.hosts(inventory);
  return maskedDeep({
    schema: 'fix-flannel/report/1' as const,
    kind: 'run' as const,
    id: header.id,
    tool: { name: 'fix-flannel' as const, version: programVersion() },
    inventory: { name: inventory.path, path: header.inventory },
    recorded: null,
    startedAt: header.startedAt,
    seconds,
    profile: null,
    before: before?.map(({ picture }) => picture) ?? null,
    changes: listener.changes(),
    ...judge({ checks: ofRuns, sites, hosts, profile: NO_PROFILE, waivers: NOTHING_WAIVED }),
    verdict: verdictOf(verdict),
  });
}

const KINDS: Readonly<Record<VerdictKind, ReportVerdict['kind']>> = {
  sound: 'sound',
  mended: 'mended',
  planned: 'findings',
  findings: 'findings',
  'not-evaluated': 'not-evaluated',
  refused: 'failed',
  failed: 'failed',
  'partly-applied': 'failed',
  declined: 'failed',
  interrupted: 'failed',
};

function verdictOf({ kind, exitStatus, line }: Verdict): ReportVerdict {
  return { kind: KINDS[kind], exitStatus, line };
}
