import { defineConfig } from 'vitest/config';

// Workspace packages are read from their sources, so that no build is needed before a test.
const conditions = ['source', 'module', 'node', 'development|production'];
const fromSource = { resolve: { conditions }, ssr: { resolve: { conditions } } };

/**
 * The official SDK leaves promises of its own unhandled when its socket goes while it is still opening things, as
 * every drop and shutdown may find it. Applications see the same; nothing here can catch them. Only these are let by.
 */
const sdkGivesUp =
  /^(disconnected( \(status: 0, code: 0\))?|Unable to connect: Connection is not initialized)$/;

export default defineConfig({
  test: {
    onUnhandledError: ({ message, stack = '' }) =>
      !(sdkGivesUp.test(message) && /node_modules\/(twilsock|twilio-sync|@twilio)\//.test(stack)),
    projects: [
      {
        ...fromSource,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.{ts,tsx}', 'tools/**/*.test.ts'],
          exclude: ['**/conformance/**', '**/robustness/**', '**/long/**', '**/node_modules/**'],
        },
      },
      {
        ...fromSource,
        test: {
          name: 'conformance',
          include: ['packages/*/src/conformance/**/*.test.ts'],
          exclude: ['**/*-in-chromium.test.ts', '**/node_modules/**'],
          testTimeout: 30_000,
        },
      },
      {
        ...fromSource,
        test: {
          name: 'robustness',
          include: ['packages/*/src/robustness/**/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        ...fromSource,
        test: {
          // What waits for minutes: outages as long as they are, and thousands of histories.
          name: 'long',
          include: ['packages/*/src/long/**/*.test.ts'],
          testTimeout: 10 * 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...fromSource,
        test: {
          name: 'browser',
          include: ['e2e/**/*.test.ts', 'packages/*/src/conformance/**/*-in-chromium.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // One browser and two cores: files in turn keep a slow machine from failing a waiting test.
          fileParallelism: false,
        },
      },
    ],
  },
});
