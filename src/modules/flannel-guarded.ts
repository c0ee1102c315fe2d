import { valueIfPresent } from '../core/reading.js';
import type { HostMend } from '../diagnose/mend-plan.js';
import type { FlannelNode } from '../flannel/node.js';
import { filesToClear } from '../flannel/run-state.js';
import { planIface } from '../flannel/unit-iface.js';

/** The files that mending a node will change, for a guard that puts them back. */
export interface GuardedFiles {
  /** Of the administrator: the unit, its drop-ins, its environment files. */
  readonly edits: readonly string[];
  /** Of flanneld: what it wrote of its lease. */
  readonly run_files: readonly string[];
}

/** @param configFile what holds flanneld's options on a host without systemd */
export function guardedFiles(node: FlannelNode, mend: HostMend, configFile: string | undefined): GuardedFiles {
  if (!mend.needsIface && !mend.needsClear && !mend.needsRestart) return { edits: [], run_files: [] };
  const state = valueIfPresent(node.readings.runState);
  const generated = state === undefined ? [] : filesToClear(state).map(({ path }) => path);
  const subnetFile = node.settings?.subnetFile;
  return {
    edits: editedFiles(node, mend, configFile),
    run_files: [...new Set([...generated, ...(subnetFile === undefined ? [] : [subnetFile])])],
  };
}

function editedFiles({ unit }: FlannelNode, { needsIface, argument }: HostMend, configFile?: string): string[] {
  if (!needsIface || argument === undefined) return [];
  if (configFile !== undefined) return [configFile];
  const plan = unit === undefined ? undefined : planIface(unit, argument);
  return plan?.kind === 'edit' ? plan.edits.map(({ path }) => path) : [];
}
