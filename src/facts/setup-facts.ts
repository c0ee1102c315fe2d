/** Facts by Ansible's names, without the `ansible_` before them. */
export type Facts = Readonly<Record<string, unknown>>;

/** A value that a host may not have told. */
export function known(name: string, value: unknown): Facts {
  return value === undefined ? {} : { [name]: value };
}

/** A whole number in a text, or undefined. */
export function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d+$/.test(text.trim()) ? Number(text) : undefined;
}

/** Words apart by space. */
export function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
