import { describe, expect, test } from 'vitest';
import { parseEndpoints } from '../../src/etcd/endpoint.js';
import { makeFailover } from '../../src/etcd/failover.js';
import { type EtcdCode, problem } from '../../src/etcd/problem.js';

/** A failover over members that each fail with a code, or answer (`ok`). */
function cluster(states: Record<string, EtcdCode | 'ok'>) {
  const asked: string[] = [];
  const failover = makeFailover(parseEndpoints(Object.keys(states).map((name) => `http://${name}:2379`)));
  const call = () =>
    failover(async ({ host }) => {
      asked.push(host);
      const state = states[host] as EtcdCode | 'ok';
      if (state !== 'ok') throw problem(state, `fault of ${host}`);
      return host;
    });
  return { asked, call, states };
}

describe('makeFailover', () => {
  test('asks in the order given until one answers', async () => {
    const { asked, call } = cluster({ a: 'etcd/unreachable', b: 'ok', c: 'ok' });
    expect(await call()).toBe('b');
    expect(asked).toEqual(['a', 'b']);
  });

  test('asks the one that answered last first, and goes on when it dies', async () => {
    const { asked, call, states } = cluster({ a: 'etcd/unreachable', b: 'ok', c: 'ok' });
    await call();
    states.b = 'etcd/unreachable';
    expect(await call()).toBe('c');
    expect(await call()).toBe('c');
    expect(asked).toEqual(['a', 'b', 'b', 'a', 'c', 'c']);
  });

  test('ends at a refused user', async () => {
    const { asked, call } = cluster({ a: 'etcd/auth', b: 'ok' });
    await expect(call()).rejects.toMatchObject({ code: 'etcd/auth' });
    expect(asked).toEqual(['a']);
  });

  test.each<{ a: EtcdCode; b: EtcdCode; code: EtcdCode }>([
    { a: 'etcd/unreachable', b: 'etcd/no-quorum', code: 'etcd/no-quorum' },
    { a: 'etcd/tls', b: 'etcd/unreachable', code: 'etcd/tls' },
    { a: 'etcd/store-off', b: 'etcd/tls', code: 'etcd/tls' },
    { a: 'etcd/unreachable', b: 'etcd/store-off', code: 'etcd/store-off' },
    { a: 'etcd/unreachable', b: 'etcd/auth', code: 'etcd/auth' },
  ])('of $a and $b, $code names the fault, and both are told', async ({ a, b, code }) => {
    const { call } = cluster({ a, b });
    const message = '2 etcd endpoints tried, none could be used: http://a:2379: fault of a; http://b:2379: fault of b';
    await expect(call()).rejects.toMatchObject({ code, message });
  });

  test('what is no FixError comes out as etcd/unreachable in its own words', async () => {
    const failover = makeFailover(parseEndpoints(['http://a:1']));
    const failed = failover(() => Promise.reject(new Error('odd\u001b[2J')));
    await expect(failed).rejects.toMatchObject({
      code: 'etcd/unreachable',
      message: 'etcd at http://a:1: odd\\x1b[2J',
    });
  });
});
