import { describe, expect, test } from 'vitest';
import { sshTargetOf } from '../../src/cli/ssh-target-of.js';
import { FixError } from '../../src/core/error.js';
import { Secret } from '../../src/core/script.js';
import { connectionVars } from '../../src/inventory/index.js';
import { parseSshConfig } from '../../src/transport/ssh-config-line.js';

interface Given {
  readonly config?: string;
  readonly vars?: Record<string, unknown>;
  readonly options?: Parameters<typeof sshTargetOf>[2];
  readonly password?: Secret;
}

function reached({ config = '', vars = {}, options = {}, password }: Given) {
  const read: (string | undefined)[] = [];
  const items = parseSshConfig(config, '~/.ssh/config').map((line) => ({ line }));
  const result = sshTargetOf('node1', connectionVars('node1', vars, '/home/me'), options, {
    ...{ home: '/home/me', localUser: 'me', localHost: 'desk', env: () => undefined, password },
    configFiles: (named) => {
      read.push(named);
      return [items];
    },
  });
  return { ...result, read };
}

describe('what counts first', () => {
  const config = 'Host *\n  Port 1\n  User conf\n  ConnectTimeout 1\n  StrictHostKeyChecking no\n';
  test.each([
    {
      about: 'the configuration, where nothing else is said',
      vars: {},
      is: { port: 1, user: 'conf', connectTimeoutMs: 1000 },
    },
    {
      about: 'the command line before it',
      vars: {},
      options: { user: 'cli', connectTimeout: 2.5 },
      is: { user: 'cli', connectTimeoutMs: 2500 },
    },
    {
      about: 'options of the inventory before those',
      vars: { ansible_ssh_common_args: '-o Port=3 -l args -o ConnectTimeout=3' },
      options: { user: 'cli', connectTimeout: 2 },
      is: { port: 3, user: 'args', connectTimeoutMs: 3000 },
    },
    {
      about: 'variables before all',
      vars: { ansible_ssh_common_args: '-o Port=3 -l args', ansible_port: 4, ansible_user: 'var', ansible_timeout: 4 },
      options: { user: 'cli', connectTimeout: 2 },
      is: { port: 4, user: 'var', connectTimeoutMs: 4000 },
    },
    {
      about: 'common arguments before extra ones',
      vars: { ansible_ssh_common_args: '-p 5', ansible_ssh_extra_args: '-p 6' },
      is: { port: 5 },
    },
  ])('$about', ({ vars, options, is }) => {
    expect(reached({ config, vars, ...(options && { options }) }).target).toMatchObject(is);
  });

  test('with nothing said, what is usual', () => {
    expect(reached({}).target).toMatchObject({
      ...{ name: 'node1', address: 'node1', port: 22, user: 'me', connectTimeoutMs: 10_000, keepaliveIntervalMs: 5000 },
      knownHostsFiles: [
        ...['/home/me/.ssh/known_hosts', '/home/me/.ssh/known_hosts2'],
        ...['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
      ],
      strictHostKeyChecking: 'yes',
      identityFiles: undefined,
    });
  });
});

test.each([
  {
    about: 'patterns are held against ansible_host',
    config: 'Host 10.0.0.1\n  Port 7',
    vars: { ansible_host: '10.0.0.1' },
    is: { port: 7 },
  },
  {
    about: 'and not against the name',
    config: 'Host node1\n  Port 7',
    vars: { ansible_host: '10.0.0.1' },
    is: { port: 22 },
  },
  {
    about: 'keys that are named, and those of the configuration',
    config: 'IdentityFile ~/.ssh/conf',
    vars: { ansible_ssh_private_key_file: '~/k' },
    is: { privateKeyFiles: ['/home/me/k'], identityFiles: ['/home/me/.ssh/conf'] },
  },
  {
    about: 'no file of the user: nothing is recorded',
    config: 'UserKnownHostsFile none\nGlobalKnownHostsFile /g',
    vars: {},
    is: { knownHostsFiles: ['/dev/null', '/g'] },
  },
  {
    about: '`ask` is answered with no',
    config: 'StrictHostKeyChecking ask',
    vars: {},
    is: { strictHostKeyChecking: 'yes' },
  },
  {
    about: 'signs of life',
    config: 'ServerAliveInterval 30\nServerAliveCountMax 4',
    vars: {},
    is: { keepaliveIntervalMs: 30_000, keepaliveCountMax: 4 },
  },
  {
    about: 'no agent, and only the keys named',
    config: 'IdentityAgent none\nIdentitiesOnly yes\nAddressFamily inet6',
    vars: {},
    is: { agentSocket: '', identitiesOnly: true, addressFamily: 6 },
  },
])('$about', ({ config, vars, is }) => {
  expect(reached({ config, vars }).target).toMatchObject(is);
});

describe('jump hosts', () => {
  test('are looked up in the configuration, with a user of their own', () => {
    const config =
      'Host gate\n  HostName 192.0.2.1\n  Port 2222\n  IdentityFile /k/gate\nHost node1\n  User root\n  ProxyJump gate';
    expect(reached({ config }).target.jump).toMatchObject({
      ...{ name: 'gate', address: '192.0.2.1', port: 2222, user: 'me', identityFiles: ['/k/gate'] },
      jump: undefined,
    });
  });

  test('a chain goes one by one, and the first may have a jump of its own', () => {
    const config = 'Host a\n  ProxyJump before\nHost b\n  ProxyJump never\nHost node1\n  ProxyJump a,u@b:23';
    const { jump } = reached({ config }).target;
    expect([jump?.name, jump?.user, jump?.port]).toEqual(['b', 'u', 23]);
    expect([jump?.jump?.name, jump?.jump?.jump?.name, jump?.jump?.jump?.jump]).toEqual(['a', 'before', undefined]);
  });

  test('a circle ends with its line', () => {
    const config = 'Host gate\n  ProxyJump node1\nHost node1\n  ProxyJump gate';
    expect(() => reached({ config })).toThrow(expect.objectContaining({ code: 'ssh/config', at: '~/.ssh/config:4' }));
  });

  test('`none` in the inventory goes before a jump host of the configuration', () => {
    const vars = { ansible_ssh_common_args: '-o ProxyJump=none' };
    expect(reached({ config: 'ProxyJump gate', vars }).target.jump).toBeUndefined();
  });

  test('are checked with the known hosts of the inventory, and get its password for the same user only', () => {
    const vars = {
      ...{ ansible_password: 'hunter 2', ansible_user: 'root' },
      ansible_ssh_common_args: '-J root@a,ops@b -o UserKnownHostsFile=/k',
    };
    const { jump } = reached({ vars }).target;
    expect([jump?.name, jump?.password]).toEqual(['b', undefined]);
    expect(jump?.jump?.password?.reveal()).toBe('hunter 2');
    expect([jump?.knownHostsFiles[0], jump?.jump?.knownHostsFiles[0]]).toEqual(['/k', '/k']);
  });

  test('options of a ProxyCommand are its own', () => {
    const vars = { ansible_ssh_common_args: `-o ProxyCommand="ssh -i /k/gate -F /other -W %h:%p -q ops@gate"` };
    const { target, read } = reached({ vars });
    expect(target.jump).toMatchObject({ name: 'gate', user: 'ops', identityFiles: ['/k/gate'] });
    expect(read).toEqual([undefined, '/other']);
  });

  test('a ProxyCommand that is no jump refuses the host', () => {
    const vars = { ansible_ssh_common_args: '-o ProxyCommand="nc -X 5 %h %p"' };
    expect(() => reached({ vars })).toThrow(expect.objectContaining({ code: 'inventory/invalid' }));
  });
});

test('-F names another file, also where the command line names one', () => {
  const options = { sshConfig: '/cli' };
  expect(reached({ options }).read).toEqual(['/cli']);
  expect(reached({ options, vars: { ansible_ssh_extra_args: '-F none' } }).read).toEqual(['none']);
});

test('a password that was asked for is for hosts to which the inventory gives none', () => {
  const password = new Secret('asked for');
  expect(reached({ password }).target.password?.reveal()).toBe('asked for');
  expect(reached({ password, vars: { ansible_password: 'given' } }).target.password?.reveal()).toBe('given');
});

test('what is not honoured is named with its place', () => {
  const vars = {
    ansible_ssh_args: '-A -o Compression=yes -R 1:a:2 stray -o CertificateFile=/c -o ControlMaster=auto -q',
  };
  expect(reached({ vars, config: 'ForwardAgent yes' }).notHonoured).toEqual([
    '-A in ansible_ssh_args is not honoured',
    '-R 1:a:2 in ansible_ssh_args is not honoured',
    'stray in ansible_ssh_args is not honoured',
    'ansible_ssh_args of node1: CertificateFile /c is not honoured',
    '~/.ssh/config:1: ForwardAgent yes is not honoured',
  ]);
});

test.each(['-o "x', '-o', '-o StrictHostKeyChecking', '-o StrictHostKeyChecking=maybe', '-J -oX', '-p x', '-o Port=0'])(
  '%s is refused, naming host and variable',
  (text) => {
    const error = (() => {
      try {
        return reached({ vars: { ansible_ssh_common_args: text } });
      } catch (thrown) {
        return thrown;
      }
    })() as FixError;
    expect(error).toBeInstanceOf(FixError);
    expect(error.code).toBe('inventory/invalid');
    expect(error.message).toContain('ansible_ssh_common_args of node1');
    expect(error.hint).toContain('ansible_ssh_common_args');
  },
);
