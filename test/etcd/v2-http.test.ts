import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { answerOf } from '../../src/etcd/v2-http.js';

/** An answer of etcd 3.4.23 as it came: status and body. */
function captured(name: string): { status: number; text: string } {
  const whole = readFileSync(new URL(`./captures/${name}.http`, import.meta.url), 'utf8').replaceAll('\r\n', '\n');
  const end = whole.indexOf('\n\n');
  return { status: Number(whole.split(' ')[1]), text: whole.slice(end + 2) };
}

describe('answerOf', () => {
  test.each([
    { name: 'etcd-v2-missing', answer: { kind: 'error', errorCode: 100 } },
    { name: 'etcd-v2-compare-and-delete-mismatch', answer: { kind: 'error', errorCode: 101 } },
    { name: 'etcd-v2-compare-and-delete-ok', answer: { kind: 'node', node: { key: '/lab/lock' } } },
    { name: 'etcd-v2-config', answer: { kind: 'node', node: { key: '/kubernetes/network/config' } } },
    {
      name: 'broken.etcd-v2-subnets',
      answer: { kind: 'node', node: { dir: true, nodes: [{ ttl: 86399, modifiedIndex: 159 }] } },
    },
  ])('reads the captured $name', ({ name, answer }) => {
    expect(answerOf(captured(name))).toMatchObject(answer);
  });

  test.each([
    { about: 'no v2 store', status: 404, text: '404 page not found\n', code: 'etcd/store-off' },
    { about: 'no rights', status: 401, text: '{"message":"Insufficient credentials"}', code: 'etcd/auth' },
    { about: 'no rights as an error of v2', status: 200, text: '{"errorCode":110,"message":"x"}', code: 'etcd/auth' },
    {
      about: 'no quorum',
      status: 500,
      text: '{"errorCode":300,"message":"Raft Internal Error","cause":"etcdserver: request timed out","index":0}',
      code: 'etcd/no-quorum',
    },
    { about: 'an election', status: 500, text: '{"errorCode":301,"message":"x"}', code: 'etcd/no-quorum' },
    {
      about: 'TLS wanted',
      status: 400,
      text: 'Client sent an HTTP request to an HTTPS server.\n',
      code: 'etcd/tls',
    },
    { about: 'a web page', status: 200, text: '<html>', code: 'etcd/bad-answer' },
    { about: 'other JSON', status: 200, text: '{"node":{"key":5}}', code: 'etcd/bad-answer' },
    { about: 'a node with an error status', status: 502, text: '{"node":{}}', code: 'etcd/bad-answer' },
    { about: 'a redirection', status: 307, text: '', code: 'etcd/bad-answer' },
    { about: 'null', status: 200, text: 'null', code: 'etcd/bad-answer' },
  ])('takes $about for $code', ({ status, text, code }) => {
    expect(() => answerOf({ status, text })).toThrow(expect.objectContaining({ code }));
  });
});
