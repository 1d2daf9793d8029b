import { defineConfig } from 'vitest/config';

// Two tiers: `unit` needs Node and git only; `cluster` needs a real API server, which it builds (docs/development.md).
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['scripts/**/*.test.ts'],
          exclude: ['scripts/**/*.cluster.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'cluster',
          include: ['scripts/**/*.cluster.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 3_600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
