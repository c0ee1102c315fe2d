/** What stood at a path, as much of it as an undo needs. */
export type FileImage =
  | { readonly kind: 'absent'; readonly path: string }
  | ({ readonly kind: 'file' } & Attributes & {
        /** SHA-256 of the content, 64 hexadecimal digits; empty where the file cannot be read. */
        readonly digest: string;
        readonly bytes: number;
        /** `undefined` where it was too large to be kept: its digest is known, and it cannot be put back. */
        readonly content: Buffer | undefined;
      })
  | ({ readonly kind: 'folder' } & Attributes)
  | {
      readonly kind: 'link';
      readonly path: string;
      readonly target: string;
      /** The path that it leads to in the end, which has an image of its own: a write to the link changes that. */
      readonly leadsTo?: string | undefined;
    }
  /** A device, a socket, a pipe: named, and never put back. */
  | { readonly kind: 'other'; readonly path: string; readonly what: string };

interface Attributes {
  readonly path: string;
  /** Octal text, `0644`. */
  readonly mode: string;
  /** Numeric, as text: a name may mean somebody else by the time of an undo. */
  readonly owner: string;
  readonly group: string;
}

/** What a unit did, as `systemctl is-active` and `is-enabled` say it; empty where there is no systemd. */
export interface UnitImage {
  readonly name: string;
  readonly active: string;
  readonly enabled: string;
}

/** A host as it was before a change, as far as the change's footprint goes. */
export interface BeforeImage {
  readonly files: readonly FileImage[];
  readonly units: readonly UnitImage[];
}
