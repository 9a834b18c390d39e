import { describe, expect, it } from 'vitest';
import { areaRows, endpointRows } from './coverage.js';
import { flowNames } from './flows.js';

const rows = [
  ...endpointRows.map(({ call, flows }) => ({ row: call, flows })),
  ...areaRows.map(({ area, flows }) => ({ row: area, flows })),
];

describe('the table of what the flows cover', () => {
  it.each(rows)('names flows that exist for: $row', ({ flows }) => {
    expect(flows.length).toBeGreaterThan(0);
    for (const name of flows) expect(flowNames).toContain(name);
  });

  it('names every flow', () => {
    const named = new Set<string>(rows.flatMap(({ flows }) => flows));
    expect(flowNames.filter((name) => !named.has(name))).toEqual([]);
  });
});
