import { type Facts, wordsOf } from './setup-facts.js';
import { DMI_FOLDER } from './setup-hardware.js';
import type { SetupSource } from './setup-source.js';

interface Sign {
  readonly tech: string;
  readonly role: 'guest' | 'host';
  /** The type and role to tell where they are not the sign's own: a kernel with virtio is a host that is a guest. */
  readonly told?: { readonly type: string; readonly role: string };
}

const guest = (tech: string): Sign => ({ tech, role: 'guest' });
const host = (tech: string): Sign => ({ tech, role: 'host' });

/** What the host runs in or on: the first sign is its type, and all of them are told. */
export function virtualFacts(source: SetupSource): Facts {
  const containers = containerSigns(source);
  const inContainer =
    containers.some(({ tech }) => CONTAINERS.has(tech)) || source.file('/run/systemd/container') !== undefined;
  const signs = [
    ...containers,
    ...xenSigns(source),
    ...firmwareSigns(source),
    ...serverSigns(source),
    ...processorSigns(source),
    ...moduleSigns(source),
    ...(source.has('/dev/kvm') ? [host('kvm')] : []),
  ];
  const first = signs[0];
  const techs = (role: Sign['role']) => [...new Set(signs.filter((one) => one.role === role).map(({ tech }) => tech))];
  const guests = new Set([...techs('guest'), ...(inContainer ? ['container'] : [])]);
  return {
    virtualization_type: first?.told?.type ?? first?.tech ?? 'NA',
    virtualization_role: first?.told?.role ?? first?.role ?? 'NA',
    virtualization_tech_guest: [...guests].sort(),
    virtualization_tech_host: techs('host').sort(),
  };
}

const CONTAINERS = new Set(['docker', 'lxc', 'podman', 'openvz', 'containerd']);

function containerSigns(source: SetupSource): Sign[] {
  const groups = source
    .lines('/proc/1/cgroup')
    .flatMap((line) => [
      ...(/\/docker(\/|-[0-9a-f]+\.scope)/.test(line) ? [guest('docker')] : []),
      ...(/\/lxc\/|\/machine\.slice\/machine-lxc/.test(line) ? [guest('lxc')] : []),
      ...(/\/system\.slice\/containerd\.service/.test(line) ? [guest('containerd')] : []),
    ]);
  const said = source.said('container')?.split('\n')[0] ?? '';
  const environment = [
    ...(said.startsWith('container=lxc') ? [guest('lxc')] : []),
    ...(said.startsWith('container=podman') ? [guest('podman')] : []),
    ...(/^container=./.test(said) ? [guest('container')] : []),
  ];
  const openVz = source.has('/proc/vz') && !source.has('/proc/lve');
  const systemd = source.file('/run/systemd/container');
  return [
    ...groups,
    ...environment,
    ...(openVz ? [source.has('/proc/bc') ? host('openvz') : guest('openvz')] : []),
    ...(systemd === undefined ? [] : [guest(systemd)]),
    ...(source.has('/.dockerenv') || source.has('/.dockerinit') ? [guest('docker')] : []),
  ];
}

function xenSigns(source: SetupSource): Sign[] {
  if (!source.has('/proc/xen')) return [];
  return source.file('/proc/xen/capabilities')?.includes('control_d') ? [host('xen')] : [guest('xen')];
}

/** What firmware calls the machine, its maker or itself. */
const FIRMWARE: readonly (readonly [file: string, values: readonly string[], tech: string])[] = [
  ['product_name', ['KVM', 'KVM Server', 'Bochs', 'AHV'], 'kvm'],
  ['sys_vendor', ['oVirt'], 'oVirt'],
  ['product_name', ['RHEV Hypervisor'], 'RHEV'],
  ['product_name', ['VMware Virtual Platform', 'VMware7,1'], 'VMware'],
  ['product_name', ['OpenStack Compute', 'OpenStack Nova'], 'openstack'],
  ['bios_vendor', ['Xen'], 'xen'],
  ['bios_vendor', ['innotek GmbH'], 'virtualbox'],
  ['bios_vendor', ['Amazon EC2', 'DigitalOcean', 'Hetzner'], 'kvm'],
  ['sys_vendor', ['QEMU', 'Amazon EC2', 'DigitalOcean', 'Google', 'Scaleway', 'Nutanix'], 'kvm'],
  ['sys_vendor', ['KubeVirt'], 'KubeVirt'],
  ['sys_vendor', ['Microsoft Corporation'], 'VirtualPC'],
  ['sys_vendor', ['Parallels Software International Inc.'], 'parallels'],
  ['sys_vendor', ['OpenStack Foundation'], 'openstack'],
];

function firmwareSigns(source: SetupSource): Sign[] {
  const said = (file: string) => source.file(`${DMI_FOLDER}/${file}`) ?? '';
  const redHat = said('sys_vendor') === 'Red Hat';
  const found = FIRMWARE.filter(
    ([file, values, tech]) => values.includes(said(file)) && (tech !== 'RHEV' || redHat),
  ).map(([, , tech]) => guest(tech));
  return redHat && said('product_family') === 'RHV' ? [guest('RHV'), ...found] : found;
}

function serverSigns(source: SetupSource): Sign[] {
  const id = /^VxID:\s+(\d+)/m.exec(source.file('/proc/self/status') ?? '')?.[1];
  if (id === undefined) return [];
  return [id.startsWith('0') ? host('linux_vserver') : guest('linux_vserver')];
}

const PROCESSORS: readonly (readonly [words: RegExp, tech: string])[] = [
  [/^model name.*QEMU Virtual CPU/, 'kvm'],
  [/^vendor_id.*User Mode Linux/, 'uml'],
  [/^model name.*UML/, 'uml'],
  [/^machine.*CHRP IBM pSeries .emulated by qemu./, 'kvm'],
  [/^vendor_id.*PowerVM Lx86/, 'powervm_lx86'],
];

function processorSigns(source: SetupSource): Sign[] {
  return source.lines('/proc/cpuinfo').flatMap((line) => {
    if (/^vendor_id.*IBM\/S390/.test(line)) {
      return [{ ...guest('PR/SM'), told: { type: 'PR/SM', role: 'LPAR' } }];
    }
    const tech = PROCESSORS.find(([words]) => words.test(line))?.[1];
    return tech === undefined ? [] : [guest(tech)];
  });
}

function moduleSigns(source: SetupSource): Sign[] {
  const modules = new Set(source.lines('/proc/modules').map((line) => wordsOf(line)[0]));
  return [
    ...(modules.has('kvm') ? [host('kvm')] : []),
    ...(modules.has('vboxdrv') ? [host('virtualbox')] : []),
    ...(modules.has('virtio') ? [{ ...host('kvm'), told: { type: 'kvm', role: 'guest' } }] : []),
  ];
}
