import process from 'node:process';
import type { Ora } from 'ora';
import { count, printableLine } from '../core/text.js';
import type { Event } from '../engine/events.js';
import type { Phase } from '../engine/remediate.js';
import { hostList } from '../report/host-list.js';

/** Progress on standard error: a spinner on a terminal, plain lines elsewhere. */
export interface Progress {
  event(event: Event, phase: Phase): void;
  /** Writes a line of results without tearing the spinner. */
  around(write: () => void): void;
  /** Leaves the terminal to a prompt. */
  whileAsking<T>(ask: () => Promise<T>): Promise<T>;
  stop(): void;
}

/** A spinner. */
export async function spinnerProgress(colour: boolean): Promise<Progress> {
  const { default: ora } = await import('ora');
  const spinner: Ora = ora({
    stream: process.stderr,
    discardStdin: false,
    ...(colour ? {} : { color: false }),
  } as object);
  spinner.start('Connecting');
  return {
    event(event, phase) {
      const text = lineOf(event, phase);
      if (text !== undefined) spinner.text = text.slice(0, Math.max(20, (process.stderr.columns ?? 80) - 4));
    },
    around(write) {
      spinner.clear();
      write();
      spinner.render();
    },
    async whileAsking(ask) {
      spinner.stop();
      try {
        return await ask();
      } finally {
        spinner.start();
      }
    },
    stop: () => {
      spinner.stop();
    },
  };
}

/** Lines for a log. */
export function lineProgress(): Progress {
  return {
    event(event, phase) {
      // The plan is quick, and has a page of its own: a log needs no line for each of its tasks.
      const text = phase === 'plan' && event.kind !== 'play' ? undefined : lineOf(event, phase);
      if (text !== undefined) process.stderr.write(`${text}\n`);
    },
    around: (write) => write(),
    whileAsking: (ask) => ask(),
    stop: () => {},
  };
}

/** None: `--json` speaks for itself. */
export const noProgress: Progress = {
  event: () => {},
  around: (write) => write(),
  whileAsking: (ask) => ask(),
  stop: () => {},
};

function lineOf(event: Event, phase: Phase): string | undefined {
  const verb = phase === 'plan' ? 'planning' : 'running';
  switch (event.kind) {
    case 'play':
      return `${verb}: ${printableLine(event.play, 100)} (${count(event.hosts.length, 'host')})`;
    case 'batch':
      return `batch ${event.index} of ${event.of}: ${hostList(event.hosts, 50)}`;
    case 'task':
      return `${verb}: ${printableLine(event.task, 100)}`;
    case 'stopping':
      return event.why;
    default:
      return undefined;
  }
}
