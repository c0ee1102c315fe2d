import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { parseEndpoints } from '../../src/etcd/endpoint.js';

describe('parseEndpoints', () => {
  test.each([
    { text: 'https://10.0.0.111:2379', endpoint: { shown: 'https://10.0.0.111:2379', host: '10.0.0.111', port: 2379 } },
    { text: ' http://etcd.example:4001/ ', endpoint: { shown: 'http://etcd.example:4001', secure: false, port: 4001 } },
    { text: 'https://[fd00::1]:2379/x', endpoint: { shown: 'https://[fd00::1]:2379', host: 'fd00::1', secure: true } },
    { text: '10.0.0.1:2379', endpoint: { shown: 'http://10.0.0.1:2379', host: '10.0.0.1', secure: false } },
    { text: 'localhost:2379', endpoint: { host: 'localhost', port: 2379, secure: false } },
    { text: 'https://etcd', endpoint: { port: 443 } },
    { text: 'http://etcd', endpoint: { port: 80 } },
    { text: 'https://root:pw@etcd:1', endpoint: { shown: 'https://etcd:1' } },
  ])('reads $text', ({ text, endpoint }) => {
    expect(parseEndpoints([text])).toMatchObject([endpoint]);
  });

  test('keeps the order, drops empty ones and repetitions', () => {
    const texts = ['http://b:1', '', 'http://a:1', 'http://b:1/'];
    expect(parseEndpoints(texts).map(({ host }) => host)).toEqual(['b', 'a']);
  });

  test.each([
    { texts: [], says: 'no etcd endpoint is known' },
    { texts: ['unix:///run/etcd.sock'], says: 'is not an etcd endpoint' },
    { texts: ['ftp://root:pw@etcd:1'], says: 'ftp://etcd:1 is not an etcd endpoint' },
    { texts: ['https://a b:1'], says: 'is not an etcd endpoint' },
    { texts: ['https://etcd:99999'], says: 'is not an etcd endpoint' },
  ])('refuses $texts', ({ texts, says }) => {
    expect(() => parseEndpoints(texts)).toThrow(
      expect.objectContaining({ code: 'etcd/unreachable', message: expect.stringContaining(says) }),
    );
  });

  test('gives endpoints or a FixError, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        try {
          expect(parseEndpoints([text])).toHaveLength(1);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(FixError);
        }
      }),
    );
  });
});
