import { defineConfig } from 'vitest/config';

// Workspace packages are read from their sources, so that no build is needed before a test.
const conditions = ['source', 'module', 'node', 'development|production'];
const fromSource = { resolve: { conditions }, ssr: { resolve: { conditions } } };

/**
 * The official SDK leaves promises and events of its own unheard when its socket goes, or a request is refused, while
 * it is still opening things. Applications see the same; nothing here can catch them. Only these are let by.
 */
const sdkGivesUp = new RegExp(
  `^(${[
    'disconnected',
    // Whatever Sync was refused.
    '.* \\(status: \\d+, code: \\d+\\)',
    'Unable to connect: .*',
    'Unhandled error\\. \\(false\\)',
    'WebSocket was closed before the connection was established',
    'Twilsock: request timeout: .*',
    "request '.*' to '.*' timed out",
  ].join('|')})$`,
);
/** What the SDK prints of the same, whatever its log level. */
const sdkSaysSo = /^Failed to fetch conversations _conversationsPromise/;

export default defineConfig({
  test: {
    onConsoleLog: (text) => !sdkSaysSo.test(text),
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
