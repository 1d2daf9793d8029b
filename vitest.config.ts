import { defineConfig } from 'vitest/config';

// Three tiers: `unit` and `program` need Node and git only, `program` holds the long runs of the whole program (killed, upgraded,
// bootstrapped); `cluster` needs a real API server, which it builds (docs/development.md).
// .ci/run counts by this file; people read the terminal.
const report = process.env.BREAKWATER_TEST_REPORT;

export default defineConfig({
  test: {
    // Most tests wait for programs that they start: a worker per core, where the default leaves one core out.
    maxWorkers: '100%',
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['scripts/**/*.test.ts'],
          exclude: ['scripts/**/*.{program,cluster}.test.ts'],
          // Files share the modules that one of them has loaded: a third of the tier's time went into loading them again. A test
          // that changes what others see (the environment, a clock) puts it back.
          isolate: false,
          // Only against what hangs: a machine that builds programs meanwhile is slow.
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'program',
          include: ['scripts/**/*.program.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
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
