/** A file as it stands on a host. */
export interface HostFile {
  readonly path: string;
  /** The bytes decoded as UTF-8, line ends as they are. */
  readonly text: string;
  /** Octal text, `0644`. */
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  /** Where a symlink leads, resolved; `undefined` for a plain file. */
  readonly linksTo: string | undefined;
  /** False where root cannot write it (a read-only file system). */
  readonly writable: boolean;
}

/** An `EnvironmentFile=` of the unit. */
export interface EnvironmentFile {
  readonly path: string;
  /** Written with a leading `-`: it may be missing. */
  readonly optional: boolean;
  /** `undefined` where it is missing or cannot be read. */
  readonly file: HostFile | undefined;
}

/** flanneld's unit as systemd has it and as it stands on disk. */
export interface FlanneldUnit {
  /** `flanneld.service`, `flannel.service`, ... */
  readonly name: string;
  /** systemd's own words: loaded, masked, not-found, bad-setting, ... */
  readonly loadState: string;
  readonly activeState: string;
  readonly subState: string;
  /** enabled, disabled, static, masked, ... */
  readonly unitFileState: string;
  readonly mainPid: number | undefined;
  readonly needDaemonReload: boolean;
  readonly fragment: HostFile | undefined;
  /** In the order in which systemd reads them. */
  readonly dropIns: readonly HostFile[];
  readonly environmentFiles: readonly EnvironmentFile[];
  /** The program that ExecStart names, where it is a script (text) and not flanneld itself. */
  readonly program: HostFile | undefined;
}

/** The command line and environment that flanneld has, or would have: variables expanded. */
export interface FlanneldCommand {
  /** From the flanneld word (or its wrapper) on; the first element is that word. */
  readonly argv: readonly string[];
  /** `FLANNELD_*` only. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What flanneld was told: flags over `FLANNELD_*` variables over its defaults. */
export interface FlanneldSettings {
  /** In order; empty where flanneld chooses by the default route. */
  readonly iface: readonly string[];
  readonly ifaceRegex: readonly string[];
  readonly ifaceCanReach: string | undefined;
  readonly publicIp: string | undefined;
  /** Default: http://127.0.0.1:4001, http://127.0.0.1:2379. */
  readonly etcdEndpoints: readonly string[];
  /** Default `/coreos.com/network`. */
  readonly etcdPrefix: string;
  readonly etcdCaFile: string | undefined;
  readonly etcdCertFile: string | undefined;
  readonly etcdKeyFile: string | undefined;
  readonly etcdUsername: string | undefined;
  /** The password's text; the caller makes it a `Secret` at once. */
  readonly etcdPassword: string | undefined;
  /** Default `/run/flannel/subnet.env`. */
  readonly subnetFile: string;
  readonly kubeSubnetMgr: boolean;
}

/** One file that has to be other than it is. */
export interface FileEdit {
  readonly path: string;
  /** `undefined` for a file that is not there yet (a drop-in of our own). */
  readonly before: string | undefined;
  readonly after: string;
}

/** What it takes to have `-iface=IF` on flanneld's command line, and nothing else changed. */
export type IfacePlan =
  | { readonly kind: 'already'; readonly why: string }
  | { readonly kind: 'edit'; readonly why: string; readonly edits: readonly FileEdit[] }
  | { readonly kind: 'refuse'; readonly why: string; readonly hint: string };
