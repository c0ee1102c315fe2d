import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A program to be measured. */
export interface Contestant {
  readonly name: string;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
  /** Done before each run, not measured. */
  readonly before?: () => Promise<void>;
  /** Statuses that count as done; 0 where left out. */
  readonly statuses?: readonly number[];
  /** What has to be in its output: a run that did not do the work is no measurement. */
  readonly says?: RegExp;
}

export interface Sample {
  readonly ms: number;
  /** Of the program and of all children that it waited for. */
  readonly cpuMs: number;
  /** The program's own process, at its highest. */
  readonly rssMb: number;
  readonly output: string;
}

const TICK_MS = 10; // sysconf(_SC_CLK_TCK) is 100 on Linux
const LOOK_EVERY_MS = 40;

/**
 * Runs a program once.
 * @throws Error if it did not do its work
 */
export async function measure(contestant: Contestant): Promise<Sample> {
  await contestant.before?.();
  const cpuBefore = cpuOfChildren();
  const began = process.hrtime.bigint();
  const [program = '', ...args] = contestant.argv;
  const child = spawn(program, args, {
    cwd: contestant.cwd,
    env: { ...process.env, ...contestant.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined); // it need not read
  child.stdin.end(contestant.input ?? '');
  const out: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => out.push(chunk));
  let rssMb = 0;
  const look = () => {
    rssMb = Math.max(rssMb, peakOf(child.pid));
  };
  const watch = setInterval(look, LOOK_EVERY_MS);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  }).finally(() => clearInterval(watch));
  const ms = Number(process.hrtime.bigint() - began) / 1e6;
  const output = Buffer.concat(out).toString();
  if (!(contestant.statuses ?? [0]).includes(status ?? -1) || contestant.says?.test(output) === false) {
    throw new Error(`${contestant.name} ended with ${status}:\n${output.slice(-4000)}`);
  }
  return { ms, cpuMs: cpuOfChildren() - cpuBefore, rssMb, output };
}

/** A run of each in turn, and that so many times: what disturbs the machine disturbs all. */
export async function interleaved(
  contestants: readonly Contestant[],
  times: number,
  tell: (line: string) => void,
): Promise<Map<string, Sample[]>> {
  const samples = new Map<string, Sample[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 1; round <= times; round += 1) {
    for (const contestant of contestants) {
      const sample = await measure(contestant);
      samples.get(contestant.name)?.push(sample);
      tell(`${round}/${times} ${contestant.name}: ${sample.ms.toFixed(0)} ms, CPU ${sample.cpuMs.toFixed(0)} ms`);
    }
  }
  return samples;
}

/** The middle one; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new Error('a median of nothing');
  return (low + high) / 2;
}

/** Children that have ended, with theirs. */
function cpuOfChildren(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[13]) + Number(fields[14])) * TICK_MS;
}

function peakOf(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0; // it has ended
  }
}
