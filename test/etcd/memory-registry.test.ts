import { expect, test } from 'vitest';
import { memoryRegistry } from '../../src/etcd/memory-registry.js';
import { problem } from '../../src/etcd/problem.js';

test('a registry in memory starts with what it is given', async () => {
  const registry = memoryRegistry({
    store: 'v3',
    prefix: '/n',
    config: '{"Network":"10.1.0.0/16"}',
    leases: { '10.1.2.0-24': { value: { PublicIP: '10.0.0.2' }, ttlSeconds: 9 }, bad: { value: 'x' } },
  });
  expect(registry.store).toBe('v3');
  expect(await registry.config()).toMatchObject({ state: 'present' });
  const { leases, malformed } = await registry.leases();
  expect(leases).toMatchObject([{ key: '/n/subnets/10.1.2.0-24', ttlSeconds: 9 }]);
  expect(malformed).toEqual([{ key: '/n/subnets/bad', why: 'its name is no subnet' }]);
});

test('a registry in memory fails every call with the error it is told, until it is told otherwise', async () => {
  const registry = memoryRegistry({ leases: { '10.1.2.0-24': { value: { PublicIP: '10.0.0.2' } } } });
  const [lease] = (await registry.leases()).leases;
  registry.failWith(problem('etcd/no-quorum', 'no quorum'));
  const gone = { code: 'etcd/no-quorum' };
  await expect(registry.config()).rejects.toMatchObject(gone);
  await expect(registry.leases()).rejects.toMatchObject(gone);
  await expect(registry.deleteLease(lease as NonNullable<typeof lease>)).rejects.toMatchObject(gone);
  registry.failWith(undefined);
  expect((await registry.leases()).leases).toHaveLength(1);
});
