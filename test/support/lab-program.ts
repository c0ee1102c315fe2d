import { spawn } from 'node:child_process';
import { LAB_INVENTORY, LAB_NAME, PROGRAM, PROGRAM_ENV } from './lab.js';

/** The program at work in the lab's control namespace, and what it has said so far. */
export interface RunningProgram {
  readonly startedAt: number;
  /** Standard output and standard error as they came. */
  said(): string;
  /** Every line that names a step, `running: Restart flanneld`, in order. */
  steps(): readonly string[];
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<ProgramEnd>;
}

export interface ProgramEnd {
  /** `null` after a signal. */
  readonly status: number | null;
  readonly output: string;
  readonly seconds: number;
}

export interface ProgramOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Called once for each line of progress as it comes. */
  readonly onStep?: (step: string, program: RunningProgram) => void;
  /** Gives the program up after this; a run that takes longer has failed the test. */
  readonly timeoutMs?: number;
}

/** Starts `fix-flannel run` on the lab, or what `args` say. Signals reach the program itself: nsenter becomes it. */
export function startProgram(options: ProgramOptions = {}): RunningProgram {
  const args = options.args ?? ['run', LAB_INVENTORY];
  const child = spawn('nsenter', [`--net=/run/netns/${LAB_NAME}-ctl`, '--', process.execPath, PROGRAM, ...args], {
    env: { ...process.env, ...PROGRAM_ENV, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const startedAt = Date.now();
  const steps: string[] = [];
  let output = '';
  let rest = '';
  const program: RunningProgram = {
    startedAt,
    said: () => output,
    steps: () => steps,
    signal: (name) => void child.kill(name),
    ended: new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        output += '\n[the test gave the program up]';
        child.kill('SIGKILL');
      }, options.timeoutMs ?? 300_000);
      child.on('error', reject);
      child.on('close', (status) => {
        clearTimeout(timer);
        resolve({ status, output, seconds: (Date.now() - startedAt) / 1000 });
      });
    }),
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      steps.push(line);
      options.onStep?.(line, program);
    }
  });
  return program;
}

/** Seconds after which a node that is cut off puts itself back; a run waits for that before it gives the node up. */
export const GUARD_SECONDS = 45;
/** A run with that delay instead of three minutes. */
export const GUARDED_RUN = ['run', LAB_INVENTORY, '-e', `flannel_guard_delay=${GUARD_SECONDS}`] as const;

/** Runs it to its end. */
export function runProgram(options: ProgramOptions = {}): Promise<ProgramEnd> {
  return startProgram(options).ended;
}

/** Where it is no matter whether flanneld stays up: nobody waits to see that. */
export const UNSETTLED = ['-e', 'flannel_settle=0'] as const;
