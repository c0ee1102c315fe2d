import { defineConfig } from 'vitest/config';

// Unit tests only; the lab has a configuration of its own (vitest.lab.config.ts).
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/lab/**', 'node_modules/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Many tests wait for hosts and deadlines more than they compute.
    maxWorkers: 4,
    setupFiles: ['test/support/set-up.ts'],
  },
});
