import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';
import { matchHosts } from '../inventory/index.js';
import type { Inventory } from '../inventory/inventory.js';
import type { ReportFinding, ReportWaiver } from './report.js';
import type { Waiver } from './waiver.js';

export interface WaivedFindings {
  /**
   * The hosts of a finding that waivers of its id cover today. A finding of no host in particular, as of a lease that
   * nobody holds, is covered where all hosts of the inventory are: then it is all of them.
   */
  waivedHosts(finding: Pick<ReportFinding, 'id' | 'hosts'>): readonly string[];
  /** Every waiver in the order of the file, with what became of it. */
  states(): readonly ReportWaiver[];
  /** What a person should mend in the waivers, each with its place. */
  readonly warnings: readonly string[];
}

/** A waiver with the hosts that it covers, none once it has expired. */
interface Reach {
  readonly waiver: Waiver;
  readonly isExpired: boolean;
  readonly hosts: ReadonlySet<string>;
}

/**
 * What waivers do to findings. One that has expired covers nothing; nor does one with an exclusion (`!web1`) of what
 * the inventory does not have, as it would cover more than was meant.
 *
 * @param today `2026-12-31`, in UTC; the day on which a waiver expires still counts
 * @throws FixError `compliance/invalid` for a pattern that cannot be read
 */
export function applyWaivers(
  findings: readonly Pick<ReportFinding, 'id' | 'hosts'>[],
  waivers: readonly Waiver[],
  inventory: Inventory,
  today: string,
): WaivedFindings {
  const warnings: string[] = [];
  const reaches = waivers.map((waiver) => reachOf(waiver, inventory, today, warnings));
  const used = new Set<Reach>();
  for (const finding of findings) {
    const hosts = covered(reaches, finding, inventory);
    for (const reach of reaches)
      if (reach.waiver.id === finding.id && hosts.some((host) => reach.hosts.has(host))) used.add(reach);
  }
  return {
    waivedHosts: (finding) => covered(reaches, finding, inventory),
    states: () => reaches.map((reach) => stateOf(reach, used.has(reach))),
    warnings,
  };
}

function reachOf(waiver: Waiver, inventory: Inventory, today: string, warnings: string[]): Reach {
  if (waiver.expires < today) return { waiver, isExpired: true, hosts: new Set() };
  let isWider = false;
  const hosts = matched(waiver, inventory, (part) => {
    const isExclusion = waiver.hosts.some((text) => text.includes(`!${part}`));
    isWider ||= isExclusion;
    const effect = isExclusion ? ', so this waiver covers nothing' : '';
    const name = printableLine(part, 80);
    warnings.push(`${printableLine(waiver.at)}: no host or group of the inventory is ${name}${effect}`);
  });
  return { waiver, isExpired: false, hosts: new Set(isWider ? [] : hosts) };
}

function matched({ hosts, at }: Waiver, inventory: Inventory, onUnknown: (part: string) => void): string[] {
  try {
    return matchHosts(inventory, hosts, onUnknown).map(({ name }) => name);
  } catch (error) {
    if (!(error instanceof FixError)) throw error;
    throw new FixError('compliance/invalid', error.message, { hint: error.hint, at, cause: error });
  }
}

function covered(
  reaches: readonly Reach[],
  { id, hosts }: Pick<ReportFinding, 'id' | 'hosts'>,
  inventory: Inventory,
): readonly string[] {
  const own = reaches.filter(({ waiver }) => waiver.id === id);
  const isCovered = (host: string) => own.some((reach) => reach.hosts.has(host));
  if (hosts.length > 0) return hosts.filter(isCovered);
  const all = [...inventory.hosts.keys()];
  return all.every(isCovered) ? all : [];
}

function stateOf({ waiver, isExpired }: Reach, isUsed: boolean): ReportWaiver {
  return { ...waiver, state: isExpired ? 'expired' : isUsed ? 'used' : 'unused' };
}
