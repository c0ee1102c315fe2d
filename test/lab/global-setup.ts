import { lab } from '../support/lab.js';

/** Boots the lab for all lab tests, and takes it down after them. */
export default async function setUp() {
  await lab('up', '3');
  return () => lab('down');
}
