/** Modules that left Ansible's own collection: each goes by its new full name too. */
const MOVED: ReadonlySet<string> = new Set([
  'ansible.posix.authorized_key',
  'ansible.posix.sysctl',
  'community.general.modprobe',
]);

/** A module's own name: `ansible.builtin.copy` is `copy`. */
export function bareName(name: string): string {
  if (MOVED.has(name)) return name.slice(name.lastIndexOf('.') + 1);
  return name.replace(/^ansible\.(builtin|legacy)\./, '');
}
