import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 30_000,
    // The first hook that opens PGlite makes it for all: ten seconds of a processor, which others may want too.
    hookTimeout: 180_000,
    teardownTimeout: 30_000,
    allowOnly: false,
    // The suite is bound by the processor: more workers than cores only make deadlines miss.
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        // Pure functions: one process for all, no isolation between files.
        test: { name: 'unit', include: ['src/**/*.test.ts', 'web/src/**/*.test.ts'], isolate: false },
      },
      {
        extends: true,
        // Databases, servers, child processes: a process for each file.
        test: { name: 'system', include: ['test/**/*.test.ts'], pool: 'forks' },
      },
    ],
  },
});
