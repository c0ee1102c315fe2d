import type { FlannelNode } from '../flannel/node.js';
import { blind, defineCheck, found } from './check.js';
import { grouped } from './cluster.js';
import { CAUSE, type Finding, namedHosts } from './finding.js';

/** FF502: nodes that keep their leases in different places, or run different versions. */
export const mixedFlannel = defineCheck({
  id: 'FF502',
  title: 'mixed flannel versions or stores',
  severity: 'error',
  about: 'flannel up to 0.17 and from 0.18 on do not see each other: same etcd, different stores.',
  page: {
    reads: ["the version of each node's flanneld", '`-etcd-prefix` of each node'],
    why: "flannel up to 0.17 keeps its leases in etcd's v2 store, flannel from 0.18 on in the v3 store. The two stores do not see each other, even in one etcd. Nodes of both kinds, or with different prefixes, form two overlays: they may lease one subnet twice and have no routes to each other. Nodes of different versions in one store work, and behave differently when they restart.",
    byHand: [
      'flanneld --version',
      'tr "\\0" " " </proc/$(pidof flanneld)/cmdline',
      'ETCDCTL_API=2 etcdctl ls /coreos.com/network/subnets',
      'ETCDCTL_API=3 etcdctl get --prefix --keys-only /coreos.com/network/subnets',
    ],
    mend: 'Bring all nodes to one version of flannel and one -etcd-prefix. Where the new version uses the other store, copy `config` there first.',
    causes: [CAUSE.mixed],
  },
  look(view) {
    const unknown = view.nodes.filter(({ version, running }) => version === undefined && running !== undefined);
    const different = [
      differing(
        view.nodes,
        ({ store }) => store,
        'different stores',
        'error',
        'bring all nodes to one version of flannel',
      ),
      differing(
        view.nodes,
        ({ settings }) => settings?.etcdPrefix,
        'different etcd prefixes',
        'error',
        'give all nodes one -etcd-prefix',
      ),
    ].flat();
    const versions = differing(
      view.nodes,
      ({ version }) => version?.text,
      'different versions',
      'warn',
      'bring all nodes to one version of flannel',
    );
    return {
      findings: different.length > 0 ? different : versions,
      notEvaluated: blind(
        'FF502',
        unknown.map(({ host }) => host),
        "flannel's version could not be read",
      ),
    };
  },
});

function differing(
  nodes: readonly FlannelNode[],
  key: (node: FlannelNode) => string | undefined,
  what: string,
  severity: Finding['severity'],
  mend: string,
): Finding[] {
  const groups = [...grouped(nodes, key)].sort(([, one], [, other]) => other.length - one.length);
  if (groups.length < 2) return [];
  return [
    found(mixedFlannel, {
      severity,
      cause: CAUSE.mixed,
      hosts: groups.slice(1).flatMap(([, group]) => group.map(({ host }) => host)),
      summary: `${what}: ${groups
        .map(
          ([value, group]) =>
            `${value} on ${namedHosts(
              group.map(({ host }) => host),
              3,
            )}`,
        )
        .join('; ')}`,
      evidence: groups.slice(0, 10).map(
        ([value, group]) =>
          `${value}: ${namedHosts(
            group.map(({ host }) => host),
            10,
          )}`,
      ),
      mend,
    }),
  ];
}
