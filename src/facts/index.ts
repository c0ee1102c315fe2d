import type { Fact } from '../core/fact.js';
import { armedGuards } from './armed-guards.js';
import { beforeImage } from './before-image.js';
import { containerBridges } from './container-bridges.js';
import { fileChecksum } from './file-checksum.js';
import { fileContent } from './file-content.js';
import { fileFind } from './file-find.js';
import { fileGlob } from './file-glob.js';
import { filePieces } from './file-pieces.js';
import { fileSame } from './file-same.js';
import { fileStat } from './file-stat.js';
import { fileTree } from './file-tree.js';
import { flannelBoot } from './flannel-boot.js';
import { flannelConfigFile } from './flannel-config-file.js';
import { flannelDependents } from './flannel-dependents.js';
import { flannelDevices } from './flannel-device.js';
import { flannelEtcdFiles } from './flannel-etcd-files.js';
import { flannelOverlayPing } from './flannel-overlay-ping.js';
import { flannelPaths } from './flannel-paths.js';
import { flannelPeers } from './flannel-peers.js';
import { flannelProcess } from './flannel-process.js';
import { flannelRunState } from './flannel-run-state.js';
import { flannelSubnetEnv } from './flannel-subnet-env.js';
import { flannelUnit } from './flannel-unit.js';
import { flannelVersion } from './flannel-version.js';
import { hostAccount } from './host-account.js';
import { hostAddresses } from './host-addresses.js';
import { hostBoot } from './host-boot.js';
import { hostFirewall } from './host-firewall.js';
import { hostIdentity } from './host-identity.js';
import { hostLinks } from './host-links.js';
import { hostName } from './host-name.js';
import { hostPackages } from './host-packages.js';
import { hostRouteTo } from './host-route-to.js';
import { hostRoutes } from './host-routes.js';
import { hostServices } from './host-services.js';
import { kernelModule } from './kernel-module.js';
import { kernelParameter } from './kernel-parameter.js';
import { hostSetup } from './setup.js';
import { systemdUnit } from './systemd-unit.js';

/** Every fact, for the reference and for the cases that test them. */
export const facts: readonly Fact<never, unknown>[] = [
  armedGuards,
  beforeImage,
  fileChecksum,
  fileContent,
  fileFind,
  fileGlob,
  filePieces,
  fileSame,
  fileStat,
  fileTree,
  containerBridges,
  flannelBoot,
  flannelConfigFile,
  flannelDependents,
  flannelDevices,
  flannelEtcdFiles,
  flannelOverlayPing,
  flannelPaths,
  flannelPeers,
  flannelProcess,
  flannelRunState,
  flannelSubnetEnv,
  flannelUnit,
  flannelVersion,
  hostAccount,
  hostAddresses,
  hostBoot,
  hostFirewall,
  hostIdentity,
  hostLinks,
  hostName,
  hostPackages,
  hostRouteTo,
  hostRoutes,
  hostServices,
  hostSetup,
  kernelModule,
  kernelParameter,
  systemdUnit,
];
