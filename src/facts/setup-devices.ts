import { type Facts, known } from './setup-facts.js';
import { baseName, type SetupSource } from './setup-source.js';

/** Names that disks go by, under the name of the device. */
type Names = ReadonlyMap<string, readonly string[]>;
type Links = Readonly<Record<'ids' | 'uuids' | 'labels' | 'masters', Names>>;

/** Disks and their partitions, and the names under which they are known. */
export function deviceFacts(source: SetupSource): Facts {
  const links: Links = {
    ids: namesIn(source, '/dev/disk/by-id'),
    uuids: namesIn(source, '/dev/disk/by-uuid'),
    labels: namesIn(source, '/dev/disk/by-label'),
    masters: masters(source),
  };
  const disks = source.links
    .map(({ path }) => /^\/sys\/block\/([^/]+)$/.exec(path)?.[1])
    .filter((name) => name !== undefined);
  return {
    device_links: Object.fromEntries(Object.entries(links).map(([kind, names]) => [kind, Object.fromEntries(names)])),
    devices: Object.fromEntries(disks.map((name) => [name, disk(source, name, links)])),
  };
}

function namesIn(source: SetupSource, folder: string): Names {
  const inside = source.links.filter(({ path }) => path.startsWith(`${folder}/`));
  return grouped(inside.map(({ path, target }) => [baseName(target ?? ''), baseName(path)]));
}

/** Which devices a device is a part of. */
function masters(source: SetupSource): Names {
  const pairs = source.links.flatMap(({ path }): [string, string][] => {
    const [, master, part] = /^\/sys\/block\/([^/]+)\/slaves\/([^/]+)$/.exec(path) ?? [];
    return master === undefined || part === undefined ? [] : [[part, master]];
  });
  return grouped(pairs);
}

function grouped(pairs: readonly (readonly [key: string, value: string])[]): Names {
  const groups = new Map<string, string[]>();
  for (const [key, value] of pairs) {
    if (key === '') continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  for (const group of groups.values()) group.sort();
  return groups;
}

function disk(source: SetupSource, name: string, links: Links): Facts {
  const at = `/sys/block/${name}`;
  const text = (file: string) => source.file(`${at}/${file}`) ?? null;
  const sectors = source.file(`${at}/size`) ?? '0';
  const wwn = links.ids.get(name)?.find((id) => id.startsWith('wwn-'));
  return {
    virtual: 1,
    links: linksOf(links, name),
    vendor: text('device/vendor'),
    model: text('device/model'),
    sas_address: text('device/sas_address'),
    sas_device_handle: text('device/sas_device_handle'),
    ...known('serial', source.file(`${at}/device/serial`)),
    removable: text('removable'),
    support_discard: text('queue/discard_granularity'),
    ...known('wwn', wwn?.slice('wwn-'.length)),
    partitions: partitions(source, name, links),
    rotational: text('queue/rotational'),
    scheduler_mode: /\[(.*)\]/.exec(source.file(`${at}/queue/scheduler`) ?? '')?.[1] ?? '',
    sectors,
    sectorsize: source.file(`${at}/queue/logical_block_size`) ?? 512,
    size: humanBytes(Number(sectors) * 512),
    host: '',
    holders: holders(source, at),
  };
}

function linksOf(links: Links, name: string): Facts {
  return Object.fromEntries(Object.entries(links).map(([kind, names]) => [kind, names.get(name) ?? []]));
}

function partitions(source: SetupSource, name: string, links: Links): Facts {
  const numbers = source.files.flatMap((path) => {
    const [, of, part] = /^\/sys\/block\/([^/]+)\/([^/]+)\/partition$/.exec(path) ?? [];
    return of === name && part !== undefined ? [part] : [];
  });
  return Object.fromEntries(
    numbers.map((part) => {
      const at = `/sys/block/${name}/${part}`;
      const sectors = source.file(`${at}/size`) ?? '0';
      return [
        part,
        {
          links: linksOf(links, part),
          start: source.file(`${at}/start`) ?? '0',
          sectors,
          sectorsize: 512,
          size: humanBytes(Number(sectors) * 512),
          uuid: links.uuids.get(part)?.[0] ?? null,
          holders: holders(source, at),
        },
      ];
    }),
  );
}

/** Device-mapper devices on top of one, by the names they were given. */
function holders(source: SetupSource, at: string): string[] {
  return source.links
    .filter(({ path }) => path.startsWith(`${at}/holders/dm-`))
    .map(({ path }) => source.file(`/sys/block/${baseName(path)}/dm/name`) ?? baseName(path));
}

const UNITS: readonly (readonly [bytes: number, unit: string])[] = [
  [2 ** 80, 'YB'],
  [2 ** 70, 'ZB'],
  [2 ** 60, 'EB'],
  [2 ** 50, 'PB'],
  [2 ** 40, 'TB'],
  [2 ** 30, 'GB'],
  [2 ** 20, 'MB'],
  [2 ** 10, 'KB'],
];

/** `256.00 GB`. */
export function humanBytes(bytes: number): string {
  const [size, unit] = UNITS.find(([least]) => bytes >= least) ?? [1, 'Bytes'];
  return `${(bytes / size).toFixed(2)} ${unit}`;
}
