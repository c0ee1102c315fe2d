import { statSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import type { RenderOptions } from '../core/module.js';
import { asValues, type Scope, scopeOf } from '../template/index.js';

/** What a template file sees besides its task's variables: where it comes from, and `ansible_managed`. */
export function templateScope(scope: Scope, { name, path, destination }: RenderOptions): Scope {
  if (name === undefined) return scope;
  const stats = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
  return scopeOf(
    asValues({
      ansible_managed: 'Ansible managed',
      template_host: hostname(),
      template_path: name,
      template_fullpath: path ?? name,
      template_destpath: destination ?? null,
      ...(stats && { template_mtime: textOf(stats.mtime), template_uid: ownerOf(stats.uid) }),
      template_run_date: textOf(scope.environment.now()),
    }),
    scope,
  );
}

function textOf(date: Date): string {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().replace('T', ' ').replace('Z', '000');
}

function ownerOf(uid: number): string {
  const own = userInfo();
  return own.uid === uid ? own.username : String(uid);
}
