import type { Fact } from '../core/fact.js';
import { fileChecksum } from './file-checksum.js';
import { fileContent } from './file-content.js';
import { fileGlob } from './file-glob.js';
import { fileSame } from './file-same.js';
import { fileStat } from './file-stat.js';
import { fileTree } from './file-tree.js';
import { systemdUnit } from './systemd-unit.js';

/** Every fact, for the reference and for the cases that test them. */
export const facts: readonly Fact<never, unknown>[] = [
  fileChecksum,
  fileContent,
  fileGlob,
  fileSame,
  fileStat,
  fileTree,
  systemdUnit,
];
