import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { cidrText } from '../../src/flannel/address.js';
import { openKubernetesRegistry } from '../../src/kubernetes/kubernetes-registry.js';
import { openKubernetes } from '../../src/kubernetes/open-nodes.js';
import { makePki, type Pki } from '../support/etcd.js';
import { apiNode, apiStatus, configMap, FIXED, nodeList, SHARED } from './api-objects.js';
import {
  type Answer,
  type ApiServer,
  type Folder,
  kubeconfigText,
  send,
  serving,
  startApiServer,
  temporaryFolder,
} from './api-server.js';

let pki: Pki;
let folder: Folder;
let server: ApiServer | undefined;

beforeAll(() => {
  pki = makePki();
  folder = temporaryFolder();
  // Eight runs of openssl, on a machine that may be busy.
}, 60_000);
afterEach(async () => {
  await server?.stop();
  server = undefined;
});
afterAll(() => {
  pki.remove();
  folder.remove();
});

const inlineCa = () => Buffer.from(pki.ca.reveal()).toString('base64');

async function opened(answer: Answer, { deadlineMs = 20_000, user = '{token: tok-1}', ca = inlineCa() } = {}) {
  server = await startApiServer(pki, answer);
  const cluster = `{server: "${server.url}", certificate-authority-data: ${ca}}`;
  return { kubeconfig: folder.file('config', kubeconfigText({ cluster, user })), context: undefined, deadlineMs };
}

async function failure(promise: Promise<unknown>): Promise<FixError> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof FixError)) throw new Error(`no FixError, but ${String(thrown)}`);
  return thrown;
}

describe('recorded answers, as no real API server was to be had', () => {
  test('nodes that share an address: three leases for it, without an end', async () => {
    const registry = openKubernetesRegistry(await opened(serving(SHARED)));
    const { leases, malformed } = await registry.leases();
    const config = await registry.config();
    await registry.close();
    expect(malformed).toEqual([]);
    expect(leases.map((lease) => `${lease.key} ${cidrText(lease.subnet)} ${lease.publicIp}`)).toEqual([
      'node/node1 10.244.1.0/24 10.0.2.15',
      'node/node2 10.244.2.0/24 10.0.2.15',
      'node/node3 10.244.3.0/24 10.0.2.15',
    ]);
    expect(leases.every(({ ttlSeconds, backendType }) => ttlSeconds === undefined && backendType === 'vxlan')).toBe(
      true,
    );
    expect(leases[0]?.vtepMac).toBe('5f:6e:6f:64:65:31');
    expect(config).toMatchObject({ state: 'present', value: { subnetBits: 24, backendType: 'vxlan' } });
    expect(server?.asked).toEqual([
      'GET /api/v1/nodes?limit=500',
      'GET /api/v1/namespaces/kube-flannel/configmaps/kube-flannel-cfg',
    ]);
    expect(server?.last().authorization).toBe('Bearer tok-1');
  });

  test('the network configuration of an older manifest is in kube-system', async () => {
    const registry = openKubernetesRegistry(await opened(serving(FIXED, 'kube-system')));
    expect((await registry.config()).state).toBe('present');
    await registry.close();
  });

  test('1,200 nodes come in pages of 500', async () => {
    const many = Array.from({ length: 1200 }, (_, n) =>
      apiNode({
        name: `node${n}`,
        podCidr: `10.${n >> 8}.${n & 255}.0/24`,
        annotations: { 'public-ip': `172.16.${n >> 8}.${n & 255}` },
      }),
    );
    const nodes = openKubernetes(await opened(serving(many)));
    expect((await nodes.nodes()).map(({ name }) => name)).toEqual(many.map(({ metadata }) => metadata.name));
    nodes.close();
    expect(server?.asked).toEqual([
      'GET /api/v1/nodes?limit=500',
      'GET /api/v1/nodes?continue=500&limit=500',
      'GET /api/v1/nodes?continue=1000&limit=500',
    ]);
  });

  test('a list that was forgotten between two pages is read once more from its start', async () => {
    let pages = 0;
    const answer: Answer = (_, response) => {
      pages += 1;
      if (pages === 1) send(response, 200, nodeList(SHARED.slice(0, 1), { continue: 'a' }));
      else if (pages === 2) send(response, 410, apiStatus(410, 'The provided continue parameter is too old'));
      else send(response, 200, nodeList(SHARED));
    };
    const nodes = openKubernetes(await opened(answer));
    expect(await nodes.nodes()).toHaveLength(3);
    nodes.close();
  });

  test('a client certificate is shown', async () => {
    const data = (text: string) => Buffer.from(text).toString('base64');
    const { cert, key } = pki.client;
    const user = `{client-certificate-data: ${data(cert.reveal())}, client-key-data: ${data(key.reveal())}}`;
    const nodes = openKubernetes(await opened(serving(FIXED), { user }));
    expect(await nodes.nodes()).toHaveLength(3);
    nodes.close();
    expect(server?.last()).toEqual({ authorization: undefined, clientName: 'client' });
  });

  test('a role that may not read the config map leaves the leases readable', async () => {
    const answer: Answer = (request, response) =>
      request.url?.startsWith('/api/v1/nodes')
        ? serving(FIXED)(request, response)
        : send(response, 403, apiStatus(403, 'configmaps "kube-flannel-cfg" is forbidden'));
    const registry = openKubernetesRegistry(await opened(answer));
    expect((await registry.leases()).leases).toHaveLength(3);
    expect(await registry.config()).toMatchObject({ state: 'unreadable', why: expect.stringContaining('403') });
    await registry.close();
  });

  test('a config map that flannel could not use either', async () => {
    const registry = openKubernetesRegistry(await opened(serving(FIXED, 'kube-flannel', configMap('{"Network":'))));
    expect(await registry.config()).toMatchObject({ state: 'unreadable', why: expect.stringContaining('not JSON') });
    await registry.close();
  });

  test('nothing in the API is deleted', async () => {
    const registry = openKubernetesRegistry(await opened(serving(FIXED)));
    const [lease] = (await registry.leases()).leases;
    const before = server?.asked.length;
    if (lease === undefined) throw new Error('no lease');
    expect((await failure(registry.deleteLease(lease))).message).toContain('is not deleted');
    expect(server?.asked.length).toBe(before);
    await registry.close();
  });
});

const reply =
  (status: number, body: unknown): Answer =>
  (_, response) =>
    send(response, status, body);
const endless: Answer = (_, response) => send(response, 200, nodeList(SHARED, { continue: 'again' }));

describe('answers that are none, made by hand', () => {
  test.each<{ about: string; answer: Answer; code: string; says: RegExp; deadlineMs?: number }>([
    {
      about: '401',
      answer: reply(401, apiStatus(401, 'Unauthorized')),
      code: 'kubernetes/refused',
      says: /does not accept.*\(401\)/,
    },
    {
      about: '403',
      answer: reply(403, apiStatus(403, 'nodes is forbidden: User "x" cannot list resource "nodes"')),
      code: 'kubernetes/refused',
      says: /\(403\): nodes is forbidden/,
    },
    {
      about: '500',
      answer: reply(500, apiStatus(500, 'etcdserver: request timed out')),
      code: 'kubernetes/unreachable',
      says: /answers 500: etcdserver/,
    },
    { about: '404', answer: reply(404, 'page not found'), code: 'kubernetes/bad-answer', says: /answers 404/ },
    {
      about: 'a redirect, which is not followed',
      answer: (_, response) => response.writeHead(302, { location: 'https://127.0.0.1:1/' }).end(),
      code: 'kubernetes/bad-answer',
      says: /answers 302/,
    },
    {
      about: 'JSON that is cut short',
      answer: reply(200, '{"kind":"NodeList","items":[{"metada'),
      code: 'kubernetes/bad-answer',
      says: /no answer that can be read/,
    },
    { about: 'an empty object', answer: reply(200, {}), code: 'kubernetes/bad-answer', says: /no list of nodes/ },
    { about: 'null', answer: reply(200, 'null'), code: 'kubernetes/bad-answer', says: /no answer that can be read/ },
    {
      about: 'items that are no list',
      answer: reply(200, { ...nodeList([]), items: 7 }),
      code: 'kubernetes/bad-answer',
      says: /no answer that can be read/,
    },
    {
      about: 'a page that is HTML',
      answer: (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      code: 'kubernetes/bad-answer',
      says: /no answer that can be read/,
    },
    {
      about: 'a body that ends before its length',
      answer: (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' });
        response.write('{"items":', () => response.destroy());
      },
      code: 'kubernetes/unreachable',
      says: /closed by the other side/,
    },
    {
      about: 'no answer at all',
      answer: () => {},
      code: 'kubernetes/unreachable',
      says: /no whole answer within 0.3 s/,
      deadlineMs: 300,
    },
    {
      about: 'a body that never ends',
      answer: (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{'),
      code: 'kubernetes/unreachable',
      says: /no whole answer within 0.3 s/,
      deadlineMs: 300,
    },
    { about: 'pages without an end', answer: endless, code: 'kubernetes/bad-answer', says: /does not end/ },
  ])('$about', async ({ answer, code, says, deadlineMs = 20_000 }) => {
    const nodes = openKubernetes(await opened(answer, { deadlineMs }));
    const thrown = await failure(nodes.nodes());
    nodes.close();
    expect(thrown.code).toBe(code);
    expect(thrown.message).toMatch(says);
    expect(thrown.message).not.toContain('tok-1');
  });

  test('a server of another CA is not sent the token, whatever the environment says', async () => {
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      const ca = Buffer.from(pki.otherCa.reveal()).toString('base64');
      const nodes = openKubernetes(await opened(serving(FIXED), { ca }));
      const thrown = await failure(nodes.nodes());
      nodes.close();
      expect(thrown.code).toBe('kubernetes/unreachable');
      expect(thrown.hint).toContain('certificate-authority');
      expect(server?.asked).toEqual([]);
    } finally {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
    }
  });

  test('a server that is not there, and proxies that the environment names', async () => {
    const before = process.env.HTTPS_PROXY;
    process.env.HTTPS_PROXY = 'http://127.0.0.1:1';
    try {
      const nodes = openKubernetes(await opened(serving(FIXED)));
      expect(await nodes.nodes()).toHaveLength(3);
      nodes.close();
      await server?.stop();
      const gone = openKubernetes({ kubeconfig: `${folder.path}/config`, context: undefined, deadlineMs: 20_000 });
      expect((await failure(gone.nodes())).message).toMatch(/cannot be asked: connection refused/);
    } finally {
      if (before === undefined) delete process.env.HTTPS_PROXY;
      else process.env.HTTPS_PROXY = before;
    }
  });
});
