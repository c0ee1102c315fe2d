import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { openV2Registry } from '../../src/etcd/v2-registry.js';
import type { Registry } from '../../src/flannel/registry.js';

let server: Server;
let registry: Registry;

/** A registry on an etcd that answers as a test wants it. */
async function registryOn(listener: RequestListener): Promise<Registry> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const endpoints = [`http://127.0.0.1:${port}`];
  registry = openV2Registry({ store: 'v2', endpoints, prefix: '/a b/ü/', tls: undefined, deadlineMs: 2000 });
  return registry;
}

afterEach(async () => {
  await registry.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const folder = (nodes: unknown) => JSON.stringify({ node: { key: '/a b/ü/subnets', dir: true, nodes } });

describe('openV2Registry', () => {
  test('asks for a quorum read of the whole folder, with every name encoded', async () => {
    const paths: string[] = [];
    const asking = await registryOn((request, response) => {
      paths.push(request.url ?? '');
      response.end(folder([]));
    });
    await asking.leases();
    expect(paths).toEqual(['/v2/keys/a%20b/%C3%BC/subnets?recursive=true&quorum=true']);
  });

  test('keeps one connection, and asks anew where etcd has closed it meanwhile', async () => {
    let connections = 0;
    const asking = await registryOn((_, response) => response.end(folder([])));
    server.on('connection', () => connections++);
    await asking.leases();
    await asking.leases();
    expect(connections).toBe(1);
    server.closeAllConnections();
    expect(await asking.leases()).toEqual({ leases: [], malformed: [] });
    expect(connections).toBe(2);
  });

  test('reports a folder among the leases', async () => {
    const asking = await registryOn((_, response) =>
      response.end(folder([{ key: '/a b/ü/subnets/10.1.2.0-24', dir: true, modifiedIndex: 7, nodes: [{}] }])),
    );
    const key = '/a b/ü/subnets/10.1.2.0-24';
    expect(await asking.leases()).toEqual({ leases: [], malformed: [{ key, why: 'it is a directory' }] });
  });

  test.each([
    { about: 'a key of another folder', nodes: [{ key: '/etc/10.1.2.0-24', value: '{}', modifiedIndex: 7 }] },
    { about: 'an entry without an index', nodes: [{ key: '/a b/ü/subnets/10.1.2.0-24', value: '{}' }] },
  ])('believes no list with $about', async ({ nodes }) => {
    const asking = await registryOn((_, response) => response.end(folder(nodes)));
    await expect(asking.leases()).rejects.toMatchObject({ code: 'etcd/bad-answer' });
  });

  test('reads no answer larger than 64 MB', async () => {
    const megabyte = Buffer.alloc(1024 * 1024, ' ');
    const asking = await registryOn((_, response) => {
      const more = () => {
        if (!response.destroyed) response.write(megabyte, () => setImmediate(more));
      };
      more();
    });
    await expect(asking.leases()).rejects.toMatchObject({
      code: 'etcd/bad-answer',
      message: expect.stringContaining('larger than 64 MB'),
    });
  });

  test('stands an answer that is nested without end', async () => {
    const nested = `{"node":{"nodes":[${'{"nodes":['.repeat(5000)}${']}'.repeat(5000)}]}}`;
    const asking = await registryOn((_, response) => response.end(nested));
    await expect(asking.leases()).rejects.toMatchObject({ code: 'etcd/bad-answer' });
  });

  test('ends at the deadline when an answer begins and does not end', async () => {
    const asking = await registryOn((_, response) => void response.write('{'));
    const started = Date.now();
    await expect(asking.leases()).rejects.toMatchObject({ code: 'etcd/unreachable' });
    expect(Date.now() - started).toBeLessThan(4500);
  });

  test('sends no Authorization where there is no user', async () => {
    const seen: (string | undefined)[] = [];
    const asking = await registryOn((request, response) => {
      seen.push(request.headers.authorization);
      response.end(folder([]));
    });
    await asking.leases();
    expect(seen).toEqual([undefined]);
  });
});
