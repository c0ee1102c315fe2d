import { expect, test } from 'vitest';
import { command } from '../../support/lab.js';

test('the stand-in for flanneld does what the captures of the real one show', async () => {
  const { status, stdout, stderr } = await command('lab/compare', []);
  expect(status, stdout + stderr).toBe(0);
});
