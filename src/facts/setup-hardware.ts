import { type Facts, known, whole, wordsOf } from './setup-facts.js';
import type { SetupSource } from './setup-source.js';

/** Processors as Ansible counts them, odd as that is where the kernel tells little. */
export function processorFacts(source: SetupSource, machine: string): Facts {
  const lines = source.lines('/proc/cpuinfo').map((line): [string, string] => {
    const [key = '', value = ''] = line.split(/:(.*)/s);
    return [key.trim(), value.trim()];
  });
  if (lines.length === 0) return {};
  const count = countOf(lines, machine);
  const nproc = allowed(source) ?? lines.filter(([key]) => key === 'processor').length;
  const processor = lines.filter(([key]) => SHOWN.has(key)).map(([, value]) => value);
  if (machine === 's390x') return { processor };
  if (isXenParavirtual(source, lines)) {
    return {
      processor,
      processor_count: count,
      processor_cores: count,
      processor_threads_per_core: 1,
      processor_vcpus: count,
    };
  }
  const { sockets, cores } = topology(lines);
  const perSocket = [...sockets.values()][0] || 1;
  const threads = Math.floor(([...cores.values()][0] ?? 1) / perSocket);
  const inSockets = sockets.size || count;
  return {
    processor,
    processor_count: inSockets,
    processor_cores: perSocket,
    processor_threads_per_core: threads,
    processor_vcpus: threads * inSockets * perSocket,
    processor_nproc: nproc,
  };
}

const SHOWN = new Set(['model name', 'Processor', 'vendor_id', 'cpu', 'Vendor', 'processor']);

type Line = readonly [key: string, value: string];

function countOf(lines: readonly Line[], machine: string): number {
  const times = (name: string) => lines.filter(([key]) => key === name).length;
  if (/^(armv|aarch|ppc)/.test(machine)) return times('processor');
  const vendors = times('vendor_id');
  return vendors > 0 && vendors === times('model name') ? vendors : lines.filter(([key]) => SHOWN.has(key)).length;
}

/** Cores by socket, and threads by core, under the numbers that the kernel gives them. */
function topology(lines: readonly Line[]): { sockets: Map<string, number>; cores: Map<string, number> } {
  const sockets = new Map<string, number>();
  const cores = new Map<string, number>();
  let socket = '0';
  let core = '0';
  for (const [key, value] of lines) {
    if (key === 'physical id') {
      socket = value;
      if (!sockets.has(socket)) sockets.set(socket, 1);
    } else if (key === 'core id') {
      core = value;
      // That the sockets are asked here is as Ansible does it.
      if (!sockets.has(core)) cores.set(core, 1);
    } else if (key === 'cpu cores') sockets.set(socket, whole(value) ?? 1);
    else if (key === 'siblings') cores.set(core, whole(value) ?? 1);
  }
  return { sockets, cores };
}

function isXenParavirtual(source: SetupSource, lines: readonly Line[]): boolean {
  const xen = source.has('/proc/xen') || source.lines('/sys/hypervisor/type')[0] === 'xen';
  return xen && lines.some(([key, value]) => key === 'flags' && !value.includes('vme'));
}

/** Processors that the session may run on, from a mask in hexadecimal. */
function allowed(source: SetupSource): number | undefined {
  const mask = /^Cpus_allowed:\s*([0-9a-f,]+)$/m.exec(source.file('/proc/self/status') ?? '')?.[1];
  if (mask === undefined) return undefined;
  return [...mask.replaceAll(',', '')].reduce((sum, digit) => sum + BITS[Number.parseInt(digit, 16)]!, 0);
}

const BITS = [0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4] as const;

/** Memory in MiB. */
export function memoryFacts(source: SetupSource): Facts {
  const kilobytes = new Map(
    source.lines('/proc/meminfo').map((line): [string, number] => {
      const [, name = '', value] = /^(\w+):\s+(\d+)/.exec(line) ?? [];
      return [name, Number(value)];
    }),
  );
  if (kilobytes.size === 0) return {};
  const mb = (name: string) => {
    const value = kilobytes.get(name);
    return value === undefined ? null : Math.floor(value / 1024);
  };
  const total = mb('MemTotal');
  const free = mb('MemFree');
  const swapTotal = mb('SwapTotal');
  const swapFree = mb('SwapFree');
  const nocache = sum(mb('Cached'), free, mb('Buffers'));
  return {
    memtotal_mb: total,
    memfree_mb: free,
    swaptotal_mb: swapTotal,
    swapfree_mb: swapFree,
    memory_mb: {
      real: { total, used: less(total, free), free },
      nocache: { free: nocache, used: less(total, nocache) },
      swap: { total: swapTotal, free: swapFree, used: less(swapTotal, swapFree), cached: mb('SwapCached') },
    },
  };
}

function sum(...values: readonly (number | null)[]): number | null {
  return values.reduce((a, b) => (a === null || b === null ? null : a + b), 0);
}

function less(from: number | null, value: number | null): number | null {
  return from === null || value === null ? null : from - value;
}

const DMI: Readonly<Record<string, string>> = {
  bios_date: 'bios_date',
  bios_vendor: 'bios_vendor',
  bios_version: 'bios_version',
  board_asset_tag: 'board_asset_tag',
  board_name: 'board_name',
  board_serial: 'board_serial',
  board_vendor: 'board_vendor',
  board_version: 'board_version',
  chassis_asset_tag: 'chassis_asset_tag',
  chassis_serial: 'chassis_serial',
  chassis_vendor: 'chassis_vendor',
  chassis_version: 'chassis_version',
  product_name: 'product_name',
  product_serial: 'product_serial',
  product_uuid: 'product_uuid',
  product_version: 'product_version',
  system_vendor: 'sys_vendor',
};

export const DMI_FOLDER = '/sys/devices/virtual/dmi/id';

/** Kinds of cases, by their numbers in the DMI standard. */
const FORMS = (
  'Unknown|Other|Unknown|Desktop|Low Profile Desktop|Pizza Box|Mini Tower|Tower|Portable|Laptop|Notebook|Hand Held|' +
  'Docking Station|All In One|Sub Notebook|Space-saving|Lunch Box|Main Server Chassis|Expansion Chassis|Sub Chassis|' +
  'Bus Expansion Chassis|Peripheral Chassis|RAID Chassis|Rack Mount Chassis|Sealed-case PC|Multi-system|CompactPCI|' +
  'AdvancedTCA|Blade|Blade Enclosure|Tablet|Convertible|Detachable|IoT Gateway|Embedded PC|Mini PC|Stick PC'
).split('|');

/** What the firmware says about the machine; `NA` for what it does not. */
export function dmiFacts(source: SetupSource): Facts {
  const form = whole(source.file(`${DMI_FOLDER}/chassis_type`));
  const values = Object.entries(DMI).map(([name, file]) => [name, source.file(`${DMI_FOLDER}/${file}`) ?? 'NA']);
  return {
    ...Object.fromEntries(values),
    form_factor: form === undefined ? 'NA' : (FORMS[form] ?? `unknown (${form})`),
  };
}

export function uptimeFacts(source: SetupSource): Facts {
  const seconds = Number.parseFloat(wordsOf(source.file('/proc/uptime') ?? '')[0] ?? '');
  return known('uptime_seconds', Number.isNaN(seconds) ? undefined : Math.floor(seconds));
}
