import process from 'node:process';
import { defineConfig } from 'vitest/config';

// One lab, so one file after another; the lab is booted and taken down by the set-up.
export default defineConfig({
  test: {
    include: ['test/lab/**/*.test.ts'],
    // These are for `npm test -- --all` alone.
    exclude: process.env.TEST_ALL === '1' ? [] : ['test/lab/long/**'],
    globalSetup: ['test/lab/global-setup.ts'],
    fileParallelism: false,
    testTimeout: 900_000,
    hookTimeout: 600_000,
  },
});
