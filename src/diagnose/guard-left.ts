import type { LeftGuard } from '../flannel/probes.js';
import { blind, defineCheck, found } from './check.js';
import { CAUSE, namedHosts } from './finding.js';

/** FF602: a run was cut short, and what it told a host to put back is still to come or has been done. */
export const guardLeft = defineCheck({
  id: 'FF602',
  title: 'guard of a run left on a host',
  severity: 'warn',
  onlyInCheck: true,
  about: 'A node whose run was cut short puts itself back by itself: it will not stay as it looks now.',
  page: {
    reads: ['/run/fix-flannel/guards'],
    why:
      'Before a step that could cut a node off, a run tells the node to put its files and units back after a while ' +
      'unless the run confirms over a new connection. A run that was killed, or lost the node, never confirms.',
    byHand: ['ls -l /run/fix-flannel/guards', 'systemctl list-timers "fix-flannel-guard*"'],
    mend: 'go on with the run (run --resume RUN), or run again: guards left behind are taken over first',
    task: 'Take over guards left behind',
    causes: [CAUSE.cutShort],
  },
  look: ({ nodes, cluster: { probes } }) => {
    const left = nodes.flatMap(({ host }) => {
      const guards = probes?.hosts.get(host)?.guards;
      const working = guards?.state === 'present' ? guards.value.filter(isOfConcern) : [];
      return working.length > 0 ? [{ host, guards: working }] : [];
    });
    const unread = nodes.filter(({ host }) => {
      const state = probes?.hosts.get(host)?.guards.state;
      return state === undefined || state === 'unreadable';
    });
    const hosts = left.map(({ host }) => host);
    return {
      findings:
        hosts.length === 0
          ? []
          : [
              found(guardLeft, {
                cause: CAUSE.cutShort,
                hosts,
                summary: `${namedHosts(hosts)}: a run that was cut short left a guard`,
                evidence: left
                  .slice(0, 10)
                  .flatMap(({ host, guards }) => guards.map((one) => `${host}: ${lineOf(one)}`)),
                mend: 'run again, or go on with that run: fix-flannel run --resume RUN',
              }),
            ],
      notEvaluated: blind(
        'FF602',
        unread.map(({ host }) => host),
        'guards could not be looked for',
      ),
    };
  },
});

/** One that was never armed to the end does nothing any more. */
function isOfConcern({ state }: LeftGuard): boolean {
  return state !== 'left';
}

function lineOf({ run, state, leftSeconds }: LeftGuard): string {
  switch (state) {
    case 'armed':
      return `run ${run} left a guard that puts the node back in ${leftSeconds} s`;
    case 'restoring':
      return `the guard of run ${run} is putting the node back`;
    case 'failed':
      return `the guard of run ${run} could not put the node back`;
    default:
      return `the guard of run ${run} has put the node back`;
  }
}
