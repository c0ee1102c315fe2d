/** One flag as Go's flag package reads it, and the words that it took. */
export interface Flag {
  readonly name: string;
  /** `true` for a bool flag without a value; empty where the value is missing. */
  readonly value: string;
  /** Index of its first word, and of the word after its last. */
  readonly from: number;
  readonly to: number;
  /** False behind the first positional word, where flanneld no longer looks. */
  readonly live: boolean;
}

/** Flags that take no next word, in any version of flanneld (those of glog and klog among them). */
const BOOL_FLAGS: ReadonlySet<string> = new Set([
  'add_dir_header',
  'alsologtostderr',
  'auto-detect-ipv4',
  'h',
  'help',
  'ip-blackhole-route',
  'ip-masq',
  'iptables-forward-rules',
  'kube-subnet-mgr',
  'logtostderr',
  'one_output',
  'set-node-network-unavailable',
  'skip_headers',
  'skip_log_headers',
  'use-multi-cluster-cidr',
  'version',
]);

/** The flags by which flanneld chooses its interface. */
export const IFACE_FLAGS: ReadonlySet<string> = new Set(['iface', 'iface-regex', 'iface-can-reach']);

/**
 * The flags in flanneld's arguments. One dash or two, `=` or the next word; parsing stops at the first positional
 * word or `--`. What looks like a flag behind that is listed as not live.
 * @param args the words after the flanneld word
 * @see Go `src/flag/flag.go`, `parseOne`
 */
export function flagsOf(args: readonly string[]): Flag[] {
  const flags: Flag[] = [];
  let live = true;
  for (let at = 0; at < args.length; ) {
    const match = /^--?([^-=][^=]*)(?:=([\s\S]*))?$/.exec(args[at] as string);
    if (!match) {
      live = false;
      at += 1;
      continue;
    }
    const name = match[1] as string;
    const takesNext = match[2] === undefined && !BOOL_FLAGS.has(name) && at + 1 < args.length;
    const bare = BOOL_FLAGS.has(name) ? 'true' : '';
    const to = at + (takesNext ? 2 : 1);
    flags.push({ name, value: match[2] ?? (takesNext ? (args[at + 1] as string) : bare), from: at, to, live });
    at = to;
  }
  return flags;
}

/** The arguments without their interface flags (and those flags' words), dead ones too. */
export function withoutIfaceFlags(args: readonly string[]): string[] {
  const gone = new Set<number>();
  for (const flag of flagsOf(args)) {
    if (!IFACE_FLAGS.has(flag.name)) continue;
    for (let at = flag.from; at < flag.to; at += 1) gone.add(at);
  }
  return args.filter((_, at) => !gone.has(at));
}
