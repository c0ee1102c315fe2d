import { createHash } from 'node:crypto';
import type { Basis } from '../core/basis.js';
import { cidrText } from '../flannel/address.js';
import type { Choice } from '../flannel/choose-interface.js';
import type { FlannelNode } from '../flannel/node.js';
import type { HostFile } from '../flannel/unit.js';
import type { Site } from './flannel-sites.js';

/** What the plan for a node rests on. Nothing that moves by itself is in it: no process numbers, no times. */
export function basisOfNode(node: FlannelNode, choice: Choice | undefined): Basis {
  const { unit } = node;
  const files = [unit?.fragment, ...(unit?.dropIns ?? []), ...(unit?.environmentFiles ?? []).map(({ file }) => file)];
  const told = node.process === undefined ? undefined : JSON.stringify([node.process.argv, node.process.environment]);
  return {
    unit: unit?.name ?? 'none',
    'state of the unit at boot': unit?.unitFileState ?? 'none',
    ...Object.fromEntries([...files, unit?.program].flatMap((file) => (file === undefined ? [] : [fileBasis(file)]))),
    flanneld: node.process === undefined ? 'not running' : 'running',
    'command line of flanneld': told === undefined ? 'none' : digest(told),
    version: node.version?.text ?? 'unknown',
    'published address': node.published?.address.toString() ?? 'none',
    'subnet held': node.held === undefined ? 'none' : cidrText(node.held.subnet),
    'chosen interface':
      choice?.kind === 'chosen' ? `${choice.argument} (${choice.address.toString()})` : (choice?.kind ?? 'none'),
  };
}

/** What the plan for a cluster rests on: its network and who has which subnet. */
export function basisOfSite({ spec, config, leases }: Site): Basis {
  if (spec === undefined) return {};
  const place = `${spec.prefix} in etcd ${spec.store}`;
  const network = config.state === 'present' ? cidrText(config.value.network) : config.state;
  const held = leases.state === 'present' ? leases.value.leases : [];
  return {
    [`network of ${place}`]: network,
    ...Object.fromEntries(
      held.map(({ subnet, publicIp }) => [`lease ${cidrText(subnet)} of ${place}`, publicIp.toString()]),
    ),
  };
}

function fileBasis({ path, text, mode }: HostFile): [string, string] {
  return [`file ${path}`, `${mode} ${digest(text)}`];
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
