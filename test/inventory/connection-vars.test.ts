import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { TaggedText } from '../../src/core/yaml.js';
import { connectionVars } from '../../src/inventory/index.js';
import { refusalOf } from './support/files.js';

const read = (vars: Record<string, unknown>) => connectionVars('node1', vars, '/home/me');

describe('connectionVars', () => {
  test('with nothing said, the name is the address', () => {
    expect(Object.fromEntries(Object.entries(read({})).filter(([, value]) => value !== undefined))).toEqual({
      kind: 'ssh',
      host: 'node1',
      notHonoured: [],
      sshArguments: [],
    });
  });

  test.each([
    {
      vars: { ansible_host: '10.0.0.1', ansible_port: 2222, ansible_user: 'me' },
      is: { host: '10.0.0.1', port: 2222, user: 'me' },
    },
    { vars: { ansible_port: '2222' }, is: { port: 2222 }, about: 'as a template renders it' },
    { vars: { ansible_user: 'a', ansible_ssh_user: 'b' }, is: { user: 'b' }, about: 'as in Ansible' },
    { vars: { ansible_user: 'a', ansible_ssh_user: '' }, is: { user: 'a' } },
    { vars: { ansible_user: 1000 }, is: { user: '1000' } },
    { vars: { ansible_become: true }, is: { become: true } },
    { vars: { ansible_become: 'no' }, is: { become: false } },
    {
      vars: { ansible_become: 'True', ansible_become_user: 'www', ansible_become_method: 'su' },
      is: { become: true, becomeUser: 'www', becomeMethod: 'su' },
    },
    { vars: { ansible_connection: 'local' }, is: { kind: 'local' } },
    { vars: { ansible_connection: 'smart' }, is: { kind: 'ssh' } },
    { vars: { ansible_ssh_private_key_file: '~/.ssh/id' }, is: { privateKeyFile: '/home/me/.ssh/id' } },
    { vars: { ansible_ssh_private_key_file: '/k/~x' }, is: { privateKeyFile: '/k/~x' } },
    { vars: { ansible_ssh_host_key_checking: false }, is: { hostKeyChecking: false } },
    { vars: { ansible_host_key_checking: 'yes' }, is: { hostKeyChecking: true } },
    { vars: { ansible_ssh_timeout: 7 }, is: { connectTimeoutSeconds: 7 } },
    {
      vars: { ansible_ssh_extra_args: '-p 3', ansible_ssh_args: '-C', ansible_ssh_common_args: '-J gate' },
      is: {
        sshArguments: [
          { variable: 'ansible_ssh_args', text: '-C' },
          { variable: 'ansible_ssh_common_args', text: '-J gate' },
          { variable: 'ansible_ssh_extra_args', text: '-p 3' },
        ],
      },
      about: 'in the order of ssh',
    },
    { vars: { ansible_become_flags: '-n', ansible_ssh_executable: '' }, is: { notHonoured: ['ansible_become_flags'] } },
  ])('$vars is $is $about', ({ vars, is }) => {
    expect(read(vars)).toMatchObject(is);
  });

  test.each([
    { name: 'ansible_password' },
    { name: 'ansible_ssh_pass' },
    { name: 'ansible_become_password', field: 'becomePassword' },
    { name: 'ansible_become_pass', field: 'becomePassword' },
  ])('$name is never shown', ({ name, field }) => {
    const settings = read({ [name]: 'hunter 2!' });
    expect(settings[(field ?? 'password') as 'password']?.reveal()).toBe('hunter 2!');
    expect(JSON.stringify(settings) + inspect(settings)).not.toContain('hunter');
  });

  test('a password of digits is a text', () => {
    expect(read({ ansible_password: 123456 }).password?.reveal()).toBe('123456');
  });

  test.each([
    { name: 'ansible_port', value: 'ssh' },
    { name: 'ansible_port', value: 0 },
    { name: 'ansible_port', value: 65536 },
    { name: 'ansible_port', value: 22.5 },
    { name: 'ansible_port', value: [22] },
    { name: 'ansible_host', value: '-oProxyCommand=touch /x' },
    { name: 'ansible_host', value: 'a b' },
    { name: 'ansible_host', value: { a: 1 } },
    { name: 'ansible_host', value: new TaggedText('!vault', 'x') },
    { name: 'ansible_user', value: 'a\nb' },
    { name: 'ansible_become', value: 'perhaps' },
    { name: 'ansible_become', value: 2 },
    { name: 'ansible_connection', value: 'winrm' },
    { name: 'ansible_ssh_private_key_file', value: 'a\0b' },
    { name: 'ansible_ssh_private_key_file', value: 7 },
    { name: 'ansible_ssh_common_args', value: ['-C'] },
  ])('refuses $name: $value, naming host and variable', ({ name, value }) => {
    const error = refusalOf(() => read({ [name]: value }));
    expect(error).toMatchObject({ code: 'inventory/invalid', at: 'node1' });
    expect(error.message).toContain(`${name} of node1`);
    expect(error.hint).toContain(name);
    expect(error.message).not.toMatch(/[\0\n]/);
  });

  test('a password that does not fit is not shown either', () => {
    const error = refusalOf(() => read({ ansible_password: 'hunter\n2' }));
    expect(error.message + error.hint).not.toContain('hunter');
  });

  test('any value is read, or refused with a FixError', () => {
    const name = fc.constantFrom(
      'ansible_host',
      'ansible_port',
      'ansible_ssh_common_args',
      'ansible_become',
      'ansible_password',
      'ansible_ssh_timeout',
    );
    const args = fc
      .array(
        fc.constantFrom(
          '-o',
          ' ',
          '=',
          'ProxyJump',
          'ProxyCommand',
          'ssh -W %h:%p ',
          "'",
          '"',
          '\\',
          '-J',
          'a@b:1',
          ',',
          '[',
          ']',
          'x',
        ),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.dictionary(name, fc.oneof(args, fc.anything())), (vars) => {
        try {
          read(vars);
        } catch (error) {
          expect(error).toBeInstanceOf(FixError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
