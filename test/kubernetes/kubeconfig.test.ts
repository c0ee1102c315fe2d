import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { readKubeconfig } from '../../src/kubernetes/kubeconfig.js';
import { type Folder, kubeconfigText, temporaryFolder } from './api-server.js';

let folder: Folder;
beforeAll(() => {
  folder = temporaryFolder();
  folder.file('ca.pem', 'PEM of the CA');
  folder.file('token', 'from-a-file\n');
});
afterAll(() => folder.remove());

const SERVER = 'server: "https://10.0.0.111:6443"';
const read = (parts: { cluster?: string; user?: string; extra?: string; context?: string }) => {
  const text = kubeconfigText({ cluster: `{${SERVER}}`, user: '{token: t}', ...parts });
  return readKubeconfig(folder.file('config', text), parts.context);
};

describe('what is taken from it', () => {
  test('files are looked for beside the kubeconfig', () => {
    const access = read({ cluster: `{${SERVER}, certificate-authority: ca.pem}`, user: '{tokenFile: token}' });
    expect(access.ca?.toString()).toBe('PEM of the CA');
    expect(access.token?.reveal()).toBe('from-a-file');
    expect(JSON.stringify(access)).not.toContain('from-a-file');
  });

  test('another context by its name', () => {
    const extra = '- name: other\n  context: {cluster: lab, user: nobody}\n';
    const text = kubeconfigText({ cluster: `{${SERVER}}`, user: '{token: t}', extra });
    const path = folder.file('config', text.replace('users:\n', 'users:\n- name: nobody\n  user: {}\n'));
    expect(readKubeconfig(path, 'other').token).toBeUndefined();
    expect(readKubeconfig(path, undefined).token?.reveal()).toBe('t');
  });

  test.each([
    {
      about: 'a path of a gateway',
      server: 'https://rancher.example/k8s/clusters/c-1/',
      is: 'https://rancher.example/k8s/clusters/c-1',
    },
    { about: 'the usual port', server: 'https://api.example:443', is: 'https://api.example' },
    { about: 'IPv6', server: 'https://[2001:db8::1]:6443', is: 'https://[2001:db8::1]:6443' },
  ])('server: $about', ({ server, is }) => {
    expect(read({ cluster: `{server: "${server}"}` }).server).toBe(is);
  });

  test('kubectl proxy on this machine, which is sent no credentials', () => {
    expect(read({ cluster: '{server: "http://127.0.0.1:8001"}', user: '{}' }).server).toBe('http://127.0.0.1:8001');
  });
});

describe('what is refused, with its place', () => {
  test.each([
    {
      about: 'a program for credentials',
      user: '{exec: {command: aws}}',
      says: /exec cannot be used: it runs a program/,
    },
    { about: 'an auth provider', user: '{auth-provider: {name: oidc}}', says: /auth-provider cannot be used/ },
    { about: 'a password', user: '{username: a, password: b}', says: /username cannot be used/ },
    { about: 'acting as somebody else', user: '{token: t, as: root}', says: /as cannot be used/ },
    {
      about: 'no verification',
      cluster: `{${SERVER}, insecure-skip-tls-verify: true}`,
      says: /insecure-skip-tls-verify cannot/,
    },
    { about: 'a proxy', cluster: `{${SERVER}, proxy-url: "http://p:1"}`, says: /proxy-url cannot be used/ },
    { about: 'plain HTTP', cluster: '{server: "http://10.0.0.111:8080"}', says: /no https address/ },
    { about: 'HTTP with a token, even here', cluster: '{server: "http://127.0.0.1:8001"}', says: /unencrypted/ },
    {
      about: 'credentials in the address',
      cluster: '{server: "https://a:b@10.0.0.111"}',
      says: /more than an address/,
    },
    { about: 'another scheme', cluster: '{server: "file:///etc/passwd"}', says: /no https address/ },
    { about: 'a list for a server', cluster: '{server: [a]}', says: /it is no text/ },
    { about: 'no server', cluster: '{}', says: /server is not set/ },
    { about: 'a key without its certificate', user: '{client-key-data: YQ==}', says: /needs its key/ },
    { about: 'a token with a line feed in it', user: '{token: "a\\r\\nX-Evil: 1"}', says: /it is no token/ },
    { about: 'a context that is not there', context: 'production', says: /no context production/ },
    { about: 'a context named __proto__', context: '__proto__', says: /no context __proto__/ },
  ])('$about', ({ says, ...parts }) => {
    let thrown: unknown;
    try {
      read(parts);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(FixError);
    const { code, message, at, hint } = thrown as FixError;
    expect(code).toBe('kubernetes/config');
    expect(message).toMatch(says);
    expect(at).toMatch(/config:\d+:\d+$/);
    expect(hint).not.toBe('');
  });

  test('a token is in no error of the YAML', () => {
    const path = folder.file('config', 'users: [{user: {token: hidden-token}}\nclusters: [');
    expect(() => readKubeconfig(path, undefined)).toThrow(FixError);
    try {
      readKubeconfig(path, undefined);
    } catch (error) {
      expect(String((error as FixError).message) + (error as FixError).hint).not.toContain('hidden-token');
    }
  });

  test('a file that is not there', () => {
    expect(() => readKubeconfig(`${folder.path}/none`, undefined)).toThrow(/cannot read the kubeconfig/);
    expect(() => read({ cluster: `{${SERVER}, certificate-authority: none.pem}` })).toThrow(/certificate-authority/);
  });
});
