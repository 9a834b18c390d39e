import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { areaRows, endpointRows, exceptions } from './coverage.js';
import { flowNames, flows } from './flows.js';

const docs = new URL('../../../../../docs/', import.meta.url);
const require = createRequire(import.meta.url);

const rows = [
  ...endpointRows.map(({ call, flows }) => ({ row: call, flows })),
  ...areaRows.map(({ area, flows }) => ({ row: area, flows })),
];

const bullets = (names: readonly string[]): string => names.join('<br>');
const page = (): string =>
  [
    '# What the flows cover',
    '',
    'Written by `npx vitest run --project conformance packages/emulator/src/conformance/flows/coverage.test.ts -u` from',
    '[coverage.ts](../packages/emulator/src/conformance/flows/coverage.ts). Where and with which versions they run is in',
    '[What the emulator speaks](protocol.md#what-was-run).',
    '',
    '## Requests of the client API',
    '',
    '| call of the SDK | request | flows |',
    '| --- | --- | --- |',
    ...endpointRows.map(
      ({ call, method, path, flows: named }) => `| ${call} | \`${method} ${path}\` | ${bullets(named)} |`,
    ),
    '',
    '## Beyond one request',
    '',
    '| what | flows |',
    '| --- | --- |',
    ...areaRows.map(({ area, flows: named }) => `| ${area} | ${bullets(named)} |`),
    '',
    '## Promised under faults',
    '',
    'The flows that also run with late, doubled and reordered events:',
    '',
    ...flowNames.filter((name) => flows[name].promised).map((name) => `- ${name}`),
    '',
  ].join('\n');

describe('the table of what the flows cover', () => {
  it.each(rows)('names flows that exist for: $row', ({ flows }) => {
    expect(flows.length).toBeGreaterThan(0);
    for (const name of flows) expect(flowNames).toContain(name);
  });

  it('names every flow', () => {
    const named = new Set<string>(rows.flatMap(({ flows }) => flows));
    expect(flowNames.filter((name) => !named.has(name))).toEqual([]);
  });

  it('is in the documentation', async () => {
    await expect(page()).toMatchFileSnapshot(fileURLToPath(new URL('sdk-coverage.md', docs)));
  });

  it('has its runs and its exceptions in the documentation', () => {
    const section = readFileSync(new URL('protocol.md', docs), 'utf8').split('\n## What was run\n')[1] ?? '';
    for (const run of ['flows-3', 'flows-2', 'flows-in-chromium', 'flows-under-faults']) {
      expect(section).toContain(`conformance/${run}.test.ts`);
    }
    for (const { what, why } of exceptions) expect(section).toContain(`| ${what} | ${why} |`);
  });

  it('needs no exceptions for 2.7.0, whose public types are those of 3.0.1', () => {
    const [newer, older] = ['@twilio/conversations', 'twilio-conversations-2'].map((name) =>
      readFileSync(require.resolve(name).replace(/\.js$/, '.d.ts'), 'utf8'),
    );
    expect(older).toBe(newer);
  });
});
