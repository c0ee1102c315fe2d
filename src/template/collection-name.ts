/** `default` of `ansible.builtin.default`: collections whose filters, tests and lookups are found without them are left off. */
export function withoutCollection(name: string): string {
  return name.replace(/^(?:ansible\.(?:builtin|legacy|utils|netcommon)|community\.general)\./, '');
}
