import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { neverShow } from '../../../src/core/mask.js';
import { messageText } from '../../../src/schedule/serve/message.js';
import { type News, newsOfFailure, newsOfReport } from '../../../src/schedule/serve/news.js';
import { Webhook } from '../../../src/schedule/serve/webhook.js';
import { brokenReport, HOSTILE_TEXTS, hostileReport, largeReport, soundReport } from '../../support/reports.js';
import { START } from './made-up-daemon.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

type Handler = (request: IncomingMessage, response: ServerResponse, nth: number) => void;

/** A server on this machine that takes what is sent, and answers as it is told. */
async function hookServer(handle: Handler) {
  const received: { headers: IncomingMessage['headers']; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    received.push({ headers: request.headers, body });
    handle(request, response, received.length);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-path-of-it`, received };
}

function hookTo(url: string, more: { timeoutMs?: number; queue?: number; attempts?: number } = {}) {
  const events: string[] = [];
  const log = (event: string, what: object) => void events.push(`${event} ${JSON.stringify(what)}`);
  const target = {
    url,
    kind: 'plain',
    headers: { authorization: 'Bearer abc' },
    timeoutMs: more.timeoutMs ?? 5000,
  } as const;
  return { hook: new Webhook(target, { log, firstPauseMs: 5, ...more }), events };
}

const news = (line: string): News => newsOfFailure(line, 1, { cluster: 'prod', now: START });
const lines = (received: readonly { body: string }[]) => received.map(({ body }) => JSON.parse(body).line);

describe('a webhook', () => {
  test('that fails for a while gets each message once, in order, with its headers', async () => {
    const { url, received } = await hookServer((_, response, nth) => response.writeHead(nth < 3 ? 503 : 200).end());
    const { hook, events } = hookTo(url);
    hook.send(news('one'));
    hook.send(news('two'));
    await hook.close(20_000);
    expect(lines(received).map((line) => line.slice(-4, -1))).toEqual(['one', 'one', 'one', 'two']);
    expect(received[0]?.headers).toMatchObject({
      authorization: 'Bearer abc',
      'content-type': 'application/json; charset=utf-8',
    });
    expect(hook.failures).toBe(0);
    expect(events.join('\n')).not.toContain('secret-path');
  });

  test.each([
    ['refuses for good', 403, 1],
    ['answers with an error each time', 500, 3],
    ['has too much to do', 429, 3],
  ])('that %s: %i', async (_, status, attempts) => {
    const { url, received } = await hookServer((_request, response) => response.writeHead(status).end('x'));
    const { hook, events } = hookTo(url, { attempts: 3 });
    hook.send(news('one'));
    await hook.close(20_000);
    expect(received).toHaveLength(attempts);
    expect(hook.failures).toBe(1);
    expect(events.at(-1)).toMatch(new RegExp(`^webhook lost .*it answers with status ${status}`));
    expect(events.join('\n')).not.toContain('secret-path');
  });

  test('that redirects is not followed', async () => {
    const other = await hookServer((_, response) => response.writeHead(200).end());
    const { url, received } = await hookServer((_, response) => response.writeHead(307, { location: other.url }).end());
    const { hook, events } = hookTo(url);
    hook.send(news('one'));
    await hook.close(20_000);
    expect(received).toHaveLength(1);
    expect(other.received).toEqual([]);
    expect(events.at(-1)).toContain('redirects are not followed');
  });

  test('that says nothing is let go, and the next attempt is made', async () => {
    const { url, received } = await hookServer((_, response, nth) => void (nth > 1 && response.end()));
    const { hook } = hookTo(url, { timeoutMs: 300 });
    hook.send(news('one'));
    await hook.close(20_000);
    expect(received).toHaveLength(2);
    expect(hook.failures).toBe(0);
  });

  test('that never answers is given up when the daemon ends', async () => {
    const { url } = await hookServer(() => {});
    const { hook } = hookTo(url, { timeoutMs: 60_000 });
    hook.send(news('one'));
    hook.send(news('two'));
    await hook.close(200);
    expect(hook.failures).toBe(2);
  });

  test('that is not there; too many wait: the oldest is lost, and told', async () => {
    const { hook, events } = hookTo('http://127.0.0.1:1/x', { queue: 2, attempts: 2 });
    for (const line of ['one', 'two', 'three', 'four']) hook.send(news(line));
    await hook.close(20_000);
    expect(hook.failures).toBe(4);
    expect(events.some((event) => event.includes('too many are waiting'))).toBe(true);
  });
});

describe('a message', () => {
  const about = { cluster: 'prod', now: START };

  test('for Slack: what began, a fault a line', () => {
    const { text, blocks } = JSON.parse(
      messageText(newsOfReport(soundReport(), brokenReport(), false, about) as News, 'slack'),
    );
    expect(text).toBe('prod: 2 errors on 3 hosts.');
    expect(blocks[1].text.text).toBe(
      'began: FF101 error, one public address on several nodes: node1, node2, node3\n' +
        'began: FF102 error, one subnet on several nodes: node1, node2, node3',
    );
  });

  test.each(HOSTILE_TEXTS.map((text, at) => [at, text] as const))('says hostile text %i as text', (_, text) => {
    const told = newsOfReport(undefined, hostileReport(text), false, { ...about, cluster: text }) as News;
    const slack = JSON.parse(messageText(told, 'slack'));
    expect(slack.text).not.toMatch(/[<>]/);
    for (const block of slack.blocks) {
      expect(block.text.type).toBe('plain_text');
      expect(block.text.text.length).toBeLessThanOrEqual(3000);
      expect(block.text.text.length).toBeGreaterThan(0);
    }
    expect(JSON.parse(messageText(told, 'plain')).schema).toBe('fix-flannel/news/1');
  });

  test('holds no secret and no mention, whatever is said', () => {
    neverShow('hunter2-hunter2');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (free) => {
        const text = messageText(news(`<!channel> ${free} hunter2-hunter2`), 'slack');
        expect(text).not.toContain('hunter2-hunter2');
        expect(JSON.parse(text).text).not.toContain('<!');
      }),
    );
  });

  test('of 500 nodes stays small, and says what it leaves out', () => {
    const all = largeReport().findings.map((finding) => ({
      ...finding,
      hosts: largeReport().hosts.map(({ name }) => name),
    }));
    const told = newsOfReport(undefined, { ...largeReport(), findings: all }, false, about) as News;
    expect(told.began).toHaveLength(20);
    expect(told.more).toBe(480);
    expect(messageText(told, 'plain').length).toBeLessThan(20_000);
    expect(messageText(told, 'slack')).toContain('and 480 more');
  });
});
