import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';
import { plainValue, refuseOptions, type Scope } from '../template/index.js';

const OPTIONS = [
  'validate_certs',
  'username',
  'password',
  'headers',
  'timeout',
  'http_agent',
  'force_basic_auth',
  'follow_redirects',
  'split_lines',
  'use_proxy',
] as const;
const MOST_BYTES = 16 * 1024 * 1024;

/** `url`: the text that a web server gives, line by line unless `split_lines` is off. No proxy is used. */
export function urlLookup(
  terms: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
  _: Scope,
): readonly string[] {
  refuseOptions('url', options, OPTIONS);
  return terms.flatMap((term) => {
    const text = fetched(String(term), options);
    return options.split_lines === false
      ? [text]
      : text.split(/\r\n|\n|\r/).filter((line, at, all) => line !== '' || at < all.length - 1);
  });
}

type Answer = { readonly text: string } | { readonly error: string };

/** Templates cannot wait, so a thread of its own asks while this one stands still. */
function fetched(url: string, options: Readonly<Record<string, unknown>>): string {
  const seconds = Number(options.timeout ?? 10);
  const deadlineMs = (Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 600) : 10) * 1000;
  const { port1, port2 } = new MessageChannel();
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const request = {
    url,
    deadlineMs,
    mostBytes: MOST_BYTES,
    verify: options.validate_certs !== false,
    redirects: options.follow_redirects === 'none' || options.follow_redirects === false ? 0 : 10,
    user: options.username === undefined ? undefined : `${String(options.username)}:${String(options.password ?? '')}`,
    headers: { 'user-agent': String(options.http_agent ?? 'ansible-httpget'), ...headersOf(options.headers) },
  };
  const worker = new Worker(ASKING, { eval: true, workerData: { port: port2, bell, request }, transferList: [port2] });
  worker.unref();
  Atomics.wait(bell, 0, 0, deadlineMs + 2_000);
  const answer = receiveMessageOnPort(port1)?.message as Answer | undefined;
  port1.close();
  void worker.terminate();
  if (answer !== undefined && 'text' in answer) return answer.text;
  const why = answer?.error ?? `no answer within ${deadlineMs / 1000} s`;
  throw new FixError('template/failed', `cannot read ${printableLine(url, 200)}: ${printableLine(why, 200)}`, {
    hint: 'Try it from this machine with another program.',
  });
}

function headersOf(headers: unknown): Readonly<Record<string, string>> {
  if (typeof headers !== 'object' || headers === null) return {};
  const entries = Object.entries(plainValue(headers) as object);
  return Object.fromEntries(entries.map(([name, value]) => [String(name).toLowerCase(), String(value)]));
}

/** What the thread runs, in words of Node's own alone. */
const ASKING = `
const { workerData: { port, bell, request } } = require('node:worker_threads');
const answer = (message) => {
  port.postMessage(message);
  Atomics.store(bell, 0, 1);
  Atomics.notify(bell, 0);
};
const ask = (url, left) => {
  const to = new URL(url);
  if (to.protocol !== 'http:' && to.protocol !== 'https:') throw new Error('only http and https are known');
  const headers = { ...request.headers };
  if (request.user !== undefined) headers.authorization = 'Basic ' + Buffer.from(request.user).toString('base64');
  const options = { headers, rejectUnauthorized: request.verify, timeout: request.deadlineMs };
  const get = require(to.protocol === 'http:' ? 'node:http' : 'node:https').get;
  get(to, options, (response) => {
    const { statusCode, headers: { location } } = response;
    if (statusCode >= 300 && statusCode < 400 && location !== undefined && left > 0) {
      response.resume();
      const next = new URL(location, to);
      if (next.host !== to.host) delete request.user;
      return ask(next, left - 1);
    }
    if (statusCode < 200 || statusCode > 299) return answer({ error: 'HTTP status ' + statusCode });
    const chunks = [];
    let size = 0;
    response.on('data', (chunk) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > request.mostBytes) response.destroy(new Error('the answer is too long'));
    });
    response.on('error', (error) => answer({ error: error.message }));
    response.on('end', () => answer({ text: Buffer.concat(chunks).toString('utf8') }));
  }).on('timeout', function () { this.destroy(new Error('no answer')); }).on('error', (error) => answer({ error: error.message }));
};
try {
  ask(request.url, request.redirects);
} catch (error) {
  answer({ error: error.message });
}
`;
