import { request } from 'node:http';
import type { Endpoint } from './endpoint.js';
import { problem } from './problem.js';
import type { Road } from './road.js';
import { type HttpAnswer, hostHeader, RoadAgent } from './v2-http.js';

/** What a member says of itself over HTTP, asked one after another over one connection. */
export interface MemberHttp {
  /** @throws anything a connection throws, and FixError `etcd/unreachable` where no answer came in time */
  get(path: string): Promise<HttpAnswer>;
  close(): void;
}

const MOST_BYTES = 64 * 1024;

/** @param deadlineMs for all that is asked, from now on */
export function openMemberHttp(endpoint: Endpoint, road: Road, deadlineMs: number): MemberHttp {
  const until = Date.now() + deadlineMs;
  const leftMs = () => Math.max(1, until - Date.now());
  const agent = new RoadAgent(() => road.open(endpoint, leftMs()));
  return {
    get(path) {
      const late = problem('etcd/unreachable', `connected, but no answer within ${deadlineMs} ms`);
      return answerTo({ path, endpoint, agent, leftMs, late });
    },
    close: () => agent.destroy(),
  };
}

interface Asked {
  readonly path: string;
  readonly endpoint: Endpoint;
  readonly agent: RoadAgent;
  readonly leftMs: () => number;
  readonly late: Error;
}

function answerTo({ path, endpoint, agent, leftMs, late }: Asked): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const headers = { accept: 'application/json', host: hostHeader(endpoint) };
    const sent = request({ agent, host: endpoint.host, port: endpoint.port, path, headers });
    // Until there is a connection the road keeps the deadline, and says how far it came.
    sent.once('socket', () => {
      const timer = setTimeout(() => sent.destroy(late), leftMs());
      sent.once('close', () => clearTimeout(timer));
    });
    sent.once('error', reject);
    sent.once('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MOST_BYTES) sent.destroy(problem('etcd/bad-answer', `its answer to ${path} is larger than 64 KB`));
        else chunks.push(chunk);
      });
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    sent.end();
  });
}
