import type { BootUnit } from './probes.js';

/** The units of a host that have to do with flanneld's start, by name. */
export type BootUnits = ReadonlyMap<string, BootUnit>;

export function bootUnits(units: readonly BootUnit[]): BootUnits {
  return new Map(units.map((unit) => [unit.name, unit]));
}

/** systemd's words for a unit that is not started for its own sake. What they do not say is not known. */
const NOT_BY_ITSELF: ReadonlySet<string> = new Set(['disabled', 'static', 'linked']);
/** Below /run: gone with the next boot. */
const UNTIL_REBOOT: ReadonlySet<string> = new Set(['enabled-runtime', 'linked-runtime', 'transient']);

/**
 * Whether a unit starts at boot: it is enabled, or a target or a unit that starts at boot pulls it in. Targets count
 * as reached: systemd shows only those that it has loaded.
 *
 * @param units what else is known of the host
 */
export function startsAtBoot(unit: BootUnit, units: BootUnits, seen = new Set<string>()): 'yes' | 'no' | 'unknown' {
  if (unit.unitFileState === 'enabled') return 'yes';
  if (unit.unitFileState === 'masked') return 'no';
  if (seen.has(unit.name)) return 'no';
  seen.add(unit.name);
  const isForNow = UNTIL_REBOOT.has(unit.unitFileState);
  const pulls = unit.wantedBy.map((name) => {
    // The link of a unit that is enabled until the reboot is one of these, too.
    if (name.endsWith('.target')) return isForNow ? 'no' : 'yes';
    const other = units.get(name);
    return other === undefined ? 'unknown' : startsAtBoot(other, units, seen);
  });
  if (pulls.includes('yes')) return 'yes';
  if (pulls.includes('unknown')) return 'unknown';
  return isForNow || NOT_BY_ITSELF.has(unit.unitFileState) ? 'no' : 'unknown';
}

/** Whether a unit starts after another, directly or by way of units that start between them. */
export function startsAfter(unit: BootUnit, other: string, units: BootUnits, seen = new Set<string>()): boolean {
  if (unit.after.includes(other)) return true;
  seen.add(unit.name);
  return unit.after.some((name) => {
    const between = units.get(name);
    if (between === undefined || seen.has(name)) return false;
    const takesPart = name.endsWith('.target') || startsAtBoot(between, units) !== 'no';
    return takesPart && startsAfter(between, other, units, seen);
  });
}
