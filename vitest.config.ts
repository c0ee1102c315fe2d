import { defineConfig } from 'vitest/config';

// Unit tests only; the lab has a configuration of its own (vitest.lab.config.ts).
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/lab/**', 'node_modules/**'],
    testTimeout: 20_000,
    setupFiles: ['test/support/set-up.ts'],
  },
});
