import { appendFileSync } from 'node:fs';
import { LAB_INVENTORY, lab } from '../support/lab.js';

/** Boots the lab for all lab tests, and takes it down after them. */
export default async function setUp() {
  await lab('up', '3');
  // Seconds for each batch of each run, which only the tests of a flanneld that dies need.
  appendFileSync(LAB_INVENTORY, '    flannel_settle: 0\n');
  return () => lab('down');
}
