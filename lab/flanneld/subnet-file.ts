import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import { addressText, parseSubnet, type Subnet, subnetText } from './subnet.js';

export interface SubnetFile {
  readonly network: Subnet;
  readonly subnet: Subnet;
  readonly mtuBytes: number;
  readonly ipMasq: boolean;
}

/** The text of `subnet.env`: FLANNEL_SUBNET is the first address that containers may use. */
export function subnetFileText({ network, subnet, mtuBytes, ipMasq }: SubnetFile): string {
  const first = `${addressText(subnet.address + 1)}/${subnet.bits}`;
  return `FLANNEL_NETWORK=${subnetText(network)}\nFLANNEL_SUBNET=${first}\nFLANNEL_MTU=${mtuBytes}\nFLANNEL_IPMASQ=${ipMasq}\n`;
}

/** Writes it beside its place and renames it. @see flannel v0.11.0 `main.go`, `WriteSubnetFile` */
export function writeSubnetFile(path: string, content: SubnetFile): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const draft = join(dirname(path), `.${parse(path).base}`);
  writeFileSync(draft, subnetFileText(content), { mode: 0o644 });
  renameSync(draft, path);
}

/** The subnet that an older file names; `undefined` where there is none. */
export function previousSubnet(path: string): Subnet | undefined {
  try {
    const found = /^FLANNEL_SUBNET=['"]?([^'"\n]*)['"]?$/m.exec(readFileSync(path, 'utf8'));
    return found ? parseSubnet(found[1]!) : undefined;
  } catch {
    return undefined;
  }
}
