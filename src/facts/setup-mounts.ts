import type { Facts } from './setup-facts.js';
import { baseName, type SetupSource } from './setup-source.js';

/** File systems that are mounted from a device or a server. */
export function mountFacts(source: SetupSource): Facts {
  const binds = bindMounts(source);
  const sizes = sizesOf(source.said('sizes') ?? '');
  const uuids = uuidsOf(source);
  const mounts = new Map<string, Facts>();
  for (const line of source.lines('/proc/self/mounts')) {
    const [device = '', mount = '', fstype = '', options] = line.split(' ').map(withoutEscapes);
    if (options === undefined || !/^[/\\]|:\//.test(device) || fstype === 'none') continue;
    mounts.set(mount, {
      mount,
      device,
      fstype,
      options: binds.has(mount) ? `${options},bind` : options,
      ...sizes.get(mount),
      uuid: uuids.get(device) ?? 'N/A',
    });
  }
  return { mounts: [...mounts.values()] };
}

/** Mounts of a folder: their root is not the root of their file system. */
function bindMounts(source: SetupSource): ReadonlySet<string> {
  const fields = source.lines('/proc/self/mountinfo').map((line) => line.split(' ').map(withoutEscapes));
  return new Set(fields.filter(([, , , root]) => root !== '/').map(([, , , , mount]) => mount ?? ''));
}

function sizesOf(text: string): ReadonlyMap<string, Facts> {
  const lines = text.split('\n').flatMap((line): [string, Facts][] => {
    const [, numbers = '', mount] = /^((?:\d+ ){6})(\/.*)$/.exec(line) ?? [];
    const [fragment, block, total, available, inodes, inodesFree] = numbers.trim().split(' ').map(Number);
    if (mount === undefined || inodesFree === undefined) return [];
    return [
      [
        mount,
        {
          size_total: (fragment as number) * (total as number),
          size_available: (fragment as number) * (available as number),
          block_size: block,
          block_total: total,
          block_available: available,
          block_used: (total as number) - (available as number),
          inode_total: inodes,
          inode_available: inodesFree,
          inode_used: (inodes as number) - inodesFree,
        },
      ],
    ];
  });
  return new Map(lines);
}

/** Identifiers of file systems by device, also by the names that the device mapper gives. */
function uuidsOf(source: SetupSource): ReadonlyMap<string, string> {
  const byName = new Map(
    source.links
      .filter(({ path }) => path.startsWith('/dev/disk/by-uuid/'))
      .map(({ path, target }) => [baseName(target ?? ''), baseName(path)] as const),
  );
  const mapped = source.links
    .filter(({ path, target }) => path.startsWith('/dev/mapper/') && target !== undefined)
    .map(({ path, target }) => [path, byName.get(baseName(target ?? ''))] as const);
  return new Map([
    ...[...byName].map(([name, uuid]) => [`/dev/${name}`, uuid] as const),
    ...mapped.flatMap(([path, uuid]) => (uuid === undefined ? [] : [[path, uuid] as const])),
  ]);
}

/** The kernel writes space and such as `\040`. */
function withoutEscapes(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** Volume groups, logical and physical volumes; `N/A` where the tools for them are missing or not allowed. */
export function lvmFacts(source: SetupSource): Facts {
  const asked = source.records.some(({ name }) => name === 'vgs');
  if (!asked) return { lvm: 'N/A' };
  const rows = (name: string) =>
    (source.said(name) ?? '').split('\n').flatMap((line) => {
      const items = line.trim().split(',');
      return items.length < 2 ? [] : [items];
    });
  const vgs = rows('vgs').map((items) => [
    items[0],
    { size_g: items.at(-2), free_g: items.at(-1), num_lvs: items[2], num_pvs: items[1] },
  ]);
  const lvs = rows('lvs').map((items) => [items[0], { size_g: items[3], vg: items[1] }]);
  const pvs = rows('pvs').map((items) => [
    mapperName(source, items[0] as string),
    { size_g: items[4], free_g: items[5], vg: items[1] },
  ]);
  return {
    lvm: { lvs: Object.fromEntries(lvs), vgs: Object.fromEntries(vgs), pvs: Object.fromEntries(pvs) },
  };
}

function mapperName(source: SetupSource, device: string): string {
  if (!device.startsWith('/dev/dm-')) return device;
  const found = source.links.find(
    ({ path, target }) => path.startsWith('/dev/mapper/') && baseName(target ?? '') === baseName(device),
  );
  return found?.path ?? device;
}
