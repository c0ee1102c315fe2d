import { base64, type EtcdAdmin } from '../support/etcd-admin.js';
import { PREFIX } from './registry-world.js';

/** root, and a user `flannel` who may read and write the prefix, in both stores. */
export async function withUsers(admin: EtcdAdmin): Promise<void> {
  const [name, password] = ['flannel', 'pa ss:wörd'];
  const range = { key: base64(`${PREFIX}/`), range_end: base64(`${PREFIX}0`) };
  for (const user of [
    { name: 'root', password: 'r' },
    { name, password },
  ]) {
    await admin.call('/v3/auth/user/add', user);
    await admin.call('/v3/auth/role/add', { name: user.name });
    await admin.call('/v3/auth/user/grant', { user: user.name, role: user.name });
  }
  await admin.call('/v3/auth/role/grant', { name, perm: { permType: 'READWRITE', ...range } });
  const json = (body: unknown) => ({ type: 'application/json', text: JSON.stringify(body) });
  const kv = { read: [`${PREFIX}/*`], write: [`${PREFIX}/*`] };
  const steps = [
    ['/v2/auth/users/root', { user: 'root', password: 'r' }],
    ['/v2/auth/roles/flannel', { role: 'flannel', permissions: { kv } }],
    ['/v2/auth/users/flannel', { user: name, password, roles: ['flannel'] }],
    ['/v2/auth/enable', {}],
    ['/v2/auth/roles/guest', { role: 'guest', revoke: { kv: { read: ['/*'], write: ['/*'] } } }],
  ] as const;
  for (const [path, body] of steps) {
    const status = await admin.call2('PUT', path, json(body), path.endsWith('guest') ? 'root:r' : undefined);
    if (status > 201) throw new Error(`${path}: ${status}`);
  }
  await admin.call('/v3/auth/enable', {});
}
