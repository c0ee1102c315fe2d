/** Ansible's words for what stands at a path. */
export function stateName(
  stat: { readonly kind: string; readonly links: number } | undefined,
): 'absent' | 'link' | 'directory' | 'hard' | 'file' {
  if (!stat) return 'absent';
  if (stat.kind === 'link' || stat.kind === 'directory') return stat.kind;
  return stat.links > 1 ? 'hard' : 'file';
}
