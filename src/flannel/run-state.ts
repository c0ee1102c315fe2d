/** A file below flannel's run directory, or derived from what stands there. */
export interface RunFile {
  readonly path: string;
  readonly kind: 'subnet file' | 'network' | 'docker options' | 'configuration' | 'other';
  /** flanneld, or a helper fed by it, wrote it: it carries the old lease and is cleared. */
  readonly generated: boolean;
  /** A unit names it as an EnvironmentFile. */
  readonly namedByUnit: boolean;
  /** Seconds since it was last written, by the host's own clock. */
  readonly ageSeconds: number | undefined;
}

export interface RunState {
  readonly files: readonly RunFile[];
}

/** The files that hold something of the old lease, and only those. */
export function filesToClear(state: RunState): readonly RunFile[] {
  return state.files.filter((file) => file.generated);
}

/** The files that stay, as they may be the only copy of somebody's configuration. */
export function filesToKeep(state: RunState): readonly RunFile[] {
  return state.files.filter((file) => !file.generated);
}
