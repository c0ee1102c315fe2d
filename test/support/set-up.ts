import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';

// The gate tries the same cases each time, so that a red run is about the change; FC_SEED=random looks further afield.
const given = process.env.FC_SEED;
if (given !== 'random') fc.configureGlobal({ seed: Number(given ?? 20190411) });

// Runs on this machine keep their locks and journals apart from those of other test files, and of real runs.
const own = mkdtempSync(join(tmpdir(), 'fix-flannel-own-'));
process.env.FIX_FLANNEL_HOST_LOCK_FOLDER = join(own, 'lock');
process.env.FIX_FLANNEL_STATE = join(own, 'state');
process.on('exit', () => rmSync(own, { recursive: true, force: true }));
