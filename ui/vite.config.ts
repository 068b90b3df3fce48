import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [react()],
  base: './',
  build: {
    target: ['es2023', 'chrome123', 'safari18'],
    // The window's content security policy allows no data: fonts and no inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['src/test/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    // Dates are in Dutch time wherever the computer stands.
    env: { TZ: 'America/New_York' },
    css: false,
    // A shared machine may be compiling at the same time; waiting longer hides no wrong answer.
    testTimeout: 300_000,
  },
});
