import { defineConfig } from 'vitest/config';

/** The built pages in a browser over the real program: `cargo xtask test --lane browser`. */
export default defineConfig({
  test: {
    environment: 'node',
    include: ['browser/**/*.test.ts'],
    // Each test starts programs of its own; side by side they would only wait for the processor.
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 120_000,
    env: { TZ: 'America/New_York' },
  },
});
