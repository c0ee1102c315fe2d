import { inventoryOf } from '../recording/kept-inventory.js';
import { readRecording } from '../recording/read-folder.js';
import { replayed } from '../recording/replay.js';
import type { Subject } from './look.js';

/**
 * What `gather` kept in a folder, to be looked at as of then. Nothing is connected to.
 * @throws FixError `file/missing`, `file/too-large`, `recording/invalid`
 */
export function recordedIn(folder: string): Subject {
  const recording = readRecording(folder);
  return {
    name: folder,
    inventory: inventoryOf(recording),
    recorded: { folder, gatheredAt: new Date(recording.gatheredAt).toISOString() },
    wrapWorld: (world) => replayed(recording, world),
    now: recording.gatheredAt,
  };
}
