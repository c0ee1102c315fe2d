import type { Contestant, Sample } from './measure.js';
import { median } from './measure.js';
import type { Addresses } from './world.js';

/** What a work is done with. */
export interface Bench {
  readonly root: string;
  readonly size: 'small' | 'full';
  readonly times: number;
  readonly peers: ReadonlySet<string>;
  /** `node bin/fix-flannel.js ...` */
  ours(...args: string[]): string[];
  addresses(): Promise<Addresses>;
  /** The lab's folder, booted on the first call. */
  lab(): Promise<Lab>;
  /** A folder that goes at the end. */
  readonly scratch: string;
  tell(line: string): void;
}

export interface Lab {
  readonly inventory: string;
  readonly folder: string;
  /** Guests with Python: Ansible can work on them. */
  readonly python: boolean;
  inside(argv: readonly string[]): readonly string[];
  run(...args: string[]): Promise<string>;
}

/** One line of the table. */
export interface Row {
  readonly work: string;
  readonly what: string;
  readonly measured: string;
  readonly reach: string;
  /** Unknown where there is nothing to reach. */
  readonly met?: boolean | undefined;
}

export interface Work {
  readonly name: string;
  readonly title: string;
  run(bench: Bench): Promise<Row[]>;
}

export type Samples = ReadonlyMap<string, readonly Sample[]>;

/** The middle of what was measured of one, or nothing where it took no part. */
export function middle(samples: Samples, name: string, what: 'ms' | 'cpuMs' | 'rssMb' = 'ms'): number | undefined {
  const found = samples.get(name);
  return found === undefined || found.length === 0 ? undefined : median(found.map((sample) => sample[what]));
}

/** Where ours may take so many times as long as another. */
export function atMost(samples: Samples, other: string, times: number, ours = 'ours'): Omit<Row, 'work'> {
  const [our, their] = [middle(samples, ours), middle(samples, other)];
  const what = `${nameOf(ours)}time beside ${other}`;
  const reach = `at most ${times}x`;
  if (our === undefined || their === undefined) return { what, measured: `no ${other} here`, reach };
  return {
    what,
    measured: `${(our / their).toFixed(2)}x (${ms(our)} beside ${ms(their)})`,
    reach,
    met: our / their <= times,
  };
}

/** Where another may take so many times as long as ours at the least. */
export function atLeast(samples: Samples, other: string, times: number | undefined, ours = 'ours'): Omit<Row, 'work'> {
  const [our, their] = [middle(samples, ours), middle(samples, other)];
  const what = `${nameOf(ours)}faster than ${other}`;
  const reach = times === undefined ? '' : `at least ${times}x`;
  if (our === undefined || their === undefined) return { what, measured: `no ${other} here`, reach };
  const measured = `${(their / our).toFixed(1)}x (${ms(our)} beside ${ms(their)})`;
  return { what, measured, reach, met: times === undefined ? undefined : their / our >= times };
}

/** A figure with a limit of its own. */
export function limit(what: string, value: number | undefined, most: number, unit: string): Omit<Row, 'work'> {
  const reach = `at most ${most} ${unit}`;
  if (value === undefined) return { what, measured: 'not measured', reach };
  return { what, measured: `${value.toFixed(value < 10 ? 2 : 0)} ${unit}`, reach, met: value <= most };
}

export function rows(work: string, found: readonly Omit<Row, 'work'>[]): Row[] {
  return found.map((row) => ({ work, ...row }));
}

/** Only contestants that can take part. */
export function those(...contestants: readonly (Contestant | false)[]): Contestant[] {
  return contestants.filter((contestant) => contestant !== false);
}

function ms(value: number): string {
  return value < 10_000 ? `${value.toFixed(0)} ms` : `${(value / 1000).toFixed(1)} s`;
}

function nameOf(ours: string): string {
  return ours === 'ours' ? '' : `${ours}: `;
}
