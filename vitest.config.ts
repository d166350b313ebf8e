import { createRequire } from 'node:module';
import { defineConfig } from 'vitest/config';

// Vite would load our own `graphql` as ESM and the libraries' as CommonJS: two copies, and graphql-js refuses to mix them.
const graphql = createRequire(import.meta.url).resolve('graphql');

export default defineConfig({
  resolve: { alias: [{ find: /^graphql$/, replacement: graphql }] },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
