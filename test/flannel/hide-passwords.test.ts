import { expect, test } from 'vitest';
import { hidePasswords } from '../../src/flannel/hide-passwords.js';

test.each([
  ['a flag with =', 'ExecStart=/f -etcd-password=pw -iface=eth1', 'ExecStart=/f -etcd-password=[secret] -iface=eth1'],
  ['a flag and its word', '/f --etcd-password pw -v 1', '/f --etcd-password [secret] -v 1'],
  ['a word on the next line', '/f -etcd-password \\\n  pw \\\n -v', '/f -etcd-password \\\n  [secret] \\\n -v'],
  ['a quoted value', '/f -etcd-password="p w" -v', '/f -etcd-password=[secret] -v'],
  ['a quoted flag', '/f "-etcd-password=p w" -v', '/f "-etcd-password=[secret]" -v'],
  ['a variable', 'FLANNELD_ETCD_PASSWORD=pw\nA=b\n', 'FLANNELD_ETCD_PASSWORD=[secret]\nA=b\n'],
  ['a quoted variable', "FLANNELD_ETCD_PASSWORD='p w'\n", 'FLANNELD_ETCD_PASSWORD=[secret]\n'],
  [
    'one of Environment=',
    'Environment="FLANNELD_ETCD_PASSWORD=p w"\n',
    'Environment="FLANNELD_ETCD_PASSWORD=[secret]"\n',
  ],
  ['another flag beside it', '/f -etcd-username=me -iface=eth1', '/f -etcd-username=me -iface=eth1'],
])('hides the password in %s', (_, text, shown) => {
  expect(hidePasswords(text)).toBe(shown);
});
