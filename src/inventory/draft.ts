import { printableLine } from '../core/text.js';
import type { Variables } from './inventory.js';

/** A group while sources are read. */
export interface DraftGroup {
  readonly name: string;
  /** Its first mention. */
  at: string;
  readonly ownHosts: Set<string>;
  readonly children: Set<string>;
  readonly parents: Set<string>;
  readonly vars: Record<string, unknown>;
  /** `ansible_group_priority`: of groups equally deep, the higher one wins. */
  priority: number;
}

export interface DraftHost {
  readonly name: string;
  readonly at: string;
  readonly groups: Set<string>;
  readonly vars: Record<string, unknown>;
}

/**
 * An inventory while its sources are read, with the rules that Ansible keeps: `all` and `ungrouped` always exist, a
 * group or host named twice is one, and of two values of a variable the later one stays.
 *
 * @see ansible-core 2.14 `inventory/data.py`
 */
export class Draft {
  readonly groups = new Map<string, DraftGroup>();
  readonly hosts = new Map<string, DraftHost>();
  readonly warnings: string[] = [];
  /** Folders whose `group_vars/` and `host_vars/` belong to the sources read so far, those in folders too. */
  readonly folders = new Set<string>();

  /** Where groups stand that no source has named. */
  readonly #nowhere: string;

  constructor(at: string) {
    this.#nowhere = at;
    this.group('all', at);
    this.group('ungrouped', at);
    this.addChild('all', 'ungrouped');
  }

  /** The group of a name, made where there is none yet. */
  group(name: string, at: string): DraftGroup {
    const known = this.groups.get(name);
    if (known) {
      if (known.at === this.#nowhere) known.at = at;
      return known;
    }
    if (/^\d|[^\p{L}\p{N}_]/u.test(name)) {
      this.warnings.push(
        `${at}: the group name ${printableLine(name, 80)} is no variable name, so groups.NAME cannot reach it`,
      );
    }
    const group: DraftGroup = {
      name,
      at,
      ownHosts: new Set(),
      children: new Set(),
      parents: new Set(),
      vars: Object.create(null),
      priority: 1,
    };
    this.groups.set(name, group);
    return group;
  }

  /** Puts a host into a group, and makes it where there is none yet; only then the port counts. */
  addHost(name: string, group: string, at: string, port?: number): DraftHost {
    let host = this.hosts.get(name);
    if (!host) {
      host = { name, at, groups: new Set(), vars: Object.create(null) };
      if (port !== undefined) host.vars.ansible_port = port;
      this.hosts.set(name, host);
    }
    host.groups.add(group);
    this.group(group, at).ownHosts.add(name);
    return host;
  }

  /** Both groups have to exist. Loops are looked for later, by `settled`. */
  addChild(parent: string, child: string): void {
    this.groups.get(parent)?.children.add(child);
    this.groups.get(child)?.parents.add(parent);
  }

  /**
   * Brings everything under `all`, and every host that is in no other group, and only those, into `ungrouped`.
   * @returns the groups in `group_names`' sense of each host, sorted, by host
   */
  settle(): Map<string, readonly string[]> {
    for (const group of this.groups.values()) {
      if (group.name !== 'all' && group.parents.size === 0) this.addChild('all', group.name);
    }
    const membership = new Map<string, readonly string[]>();
    const known = new Map<string, ReadonlySet<string>>();
    for (const host of this.hosts.values()) {
      this.#settleUngrouped(host, known);
      membership.set(host.name, this.namesOfGroups(host, known));
    }
    return membership;
  }

  /** The groups of a host as it stands, in `group_names`' sense, sorted. @param known what groups lie in, for many hosts */
  namesOfGroups(host: DraftHost, known: Map<string, ReadonlySet<string>> = new Map()): string[] {
    return [...this.#groupsOf(host, known)].filter((name) => name !== 'all').sort();
  }

  /** The groups of a host in the order in which it came into them, each after those that it lies in. */
  groupsAsJoined(host: DraftHost): string[] {
    const joined = [...host.groups].flatMap((name) => [...this.#withAncestors(name)].reverse());
    return [...new Set(joined)].filter((name) => name !== 'all');
  }

  #settleUngrouped(host: DraftHost, known: Map<string, ReadonlySet<string>>): void {
    const others = [...this.#groupsOf(host, known)].some((name) => name !== 'all' && name !== 'ungrouped');
    if (others && host.groups.delete('ungrouped')) this.groups.get('ungrouped')?.ownHosts.delete(host.name);
    if (!others) this.addHost(host.name, 'ungrouped', host.at);
  }

  #groupsOf(host: DraftHost, known: Map<string, ReadonlySet<string>>): Set<string> {
    const all = new Set<string>();
    for (const name of host.groups) {
      const line = known.get(name) ?? this.#withAncestors(name);
      known.set(name, line);
      for (const group of line) all.add(group);
    }
    return all;
  }

  #withAncestors(name: string): ReadonlySet<string> {
    const line = new Set([name]);
    for (const member of line) for (const parent of this.groups.get(member)?.parents ?? []) line.add(parent);
    return line;
  }
}

/** Sets variables one by one, later values replacing earlier ones, as `hash_behaviour: replace` has it. */
export function setVariables(target: Record<string, unknown>, more: Variables): void {
  for (const [name, value] of Object.entries(more)) target[name] = value;
}

/**
 * Sets variables of a group; `ansible_group_priority` is none, but says which group's variables win.
 * @param invalid makes the error for a priority that is no number
 */
export function setGroupVariables(
  group: DraftGroup,
  { ansible_group_priority: priority, ...vars }: Variables,
  invalid: (message: string, hint: string) => Error,
): void {
  setVariables(group.vars, vars);
  if (priority === undefined) return;
  const number = typeof priority === 'string' && /^\s*-?\d+\s*$/.test(priority) ? Number(priority) : priority;
  if (typeof number !== 'number' || !Number.isFinite(number))
    throw invalid('ansible_group_priority has to be a number', 'Write a whole number such as 10.');
  group.priority = Math.trunc(number);
}
