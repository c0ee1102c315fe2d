import type { Connection, ScriptResult } from '../core/connection.js';
import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';

/** What a host answered, by the script's text. Streams are base64, so that a recording can be kept as JSON. */
export interface Recording {
  readonly host: string;
  readonly answers: Readonly<Record<string, readonly RecordedAnswer[]>>;
}

export interface RecordedAnswer {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

/**
 * A connection that gives the answers of a recording. A script that was run several times gives its answers in that
 * order, then the last one again. It has no network: a tunnel is refused.
 * @throws FixError (when run) `ssh/lost` for a script that was not recorded
 */
export function replayConnection(recording: Recording): Connection {
  const { host } = recording;
  const turn = new Map<string, number>();
  let closed = false;
  return {
    host,
    async run(script, { signal }) {
      signal?.throwIfAborted();
      if (closed) throw replayError(host, `the connection to ${host} has been closed`);
      const answers = Object.hasOwn(recording.answers, script.text) ? recording.answers[script.text] : undefined;
      const index = turn.get(script.text) ?? 0;
      const answer = answers?.[Math.min(index, answers.length - 1)];
      if (answer === undefined) {
        throw replayError(host, `no answer of ${host} is recorded for: ${printableLine(script.shown)}`);
      }
      turn.set(script.text, index + 1);
      const [stdout, stderr] = [Buffer.from(answer.stdout, 'base64'), Buffer.from(answer.stderr, 'base64')];
      return { stdout, stderr, status: answer.status };
    },
    async tunnel(address, port) {
      throw new FixError('ssh/unreachable', `${host} is a recording and cannot reach ${address}:${port}`, {
        hint: 'Use a store in memory with a recorded host.',
        at: host,
      });
    },
    async close() {
      closed = true;
    },
  };
}

/**
 * Passes everything on to a connection and writes its answers down. Scripts that fail to run are not written down.
 * The recording holds the scripts' whole text, secrets too: for tests only.
 */
export function recordingConnection(connection: Connection): Connection & { recording(): Recording } {
  const answers: Record<string, RecordedAnswer[]> = {};
  return {
    host: connection.host,
    async run(script, options): Promise<ScriptResult> {
      const result = await connection.run(script, options);
      const { stdout, stderr, status } = result;
      answers[script.text] ??= [];
      answers[script.text]?.push({ stdout: stdout.toString('base64'), stderr: stderr.toString('base64'), status });
      return result;
    },
    tunnel: (host, port) => connection.tunnel(host, port),
    close: () => connection.close(),
    recording: () => ({ host: connection.host, answers: structuredClone(answers) }),
  };
}

function replayError(host: string, message: string): FixError {
  return new FixError('ssh/lost', message, { hint: 'Record the host again.', at: host });
}
