/** What a change touches on a host, told before it is made, so that it can be undone. */
export interface Footprint {
  readonly files: readonly TouchedFile[];
  /** systemd units that it starts, stops or restarts; those that go along with them too. */
  readonly units: readonly string[];
}

export interface TouchedFile {
  /** As `writeFileScript` takes it. */
  readonly path: string;
  /**
   * Written by a program on the host (flanneld's `subnet.env`), so that it changes by itself: an undo puts it back
   * whatever stands there by then, while any other file has to be as the run left it.
   */
  readonly generated?: boolean;
}

export const NO_FOOTPRINT: Footprint = { files: [], units: [] };

/** All of several footprints, each file and unit once; a file that one of them calls generated is. */
export function joinFootprints(parts: readonly Footprint[]): Footprint {
  const files = new Map<string, TouchedFile>();
  for (const { files: touched } of parts) {
    for (const file of touched) {
      const known = files.get(file.path);
      files.set(file.path, known?.generated ? known : file);
    }
  }
  return { files: [...files.values()], units: [...new Set(parts.flatMap(({ units }) => units))] };
}
