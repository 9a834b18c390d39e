import type { Client } from '@twilio/conversations';
import { describe, expect, it } from 'vitest';
import { createEmulator } from '../index.js';
import { createBackstage } from './backstage.js';
import { endpointRows } from './flows/coverage.js';
import { type FlowName, flowNames, flows } from './flows/flows.js';
import { type Backstage, createStage, type Flow } from './flows/stage.js';

interface Play {
  Client: typeof Client;
  version: string;
  /** Trouble that lasts while the flow runs. */
  disturb?: (backstage: Backstage, name: FlowName) => Promise<void>;
  /** Which flows; by default all. */
  choose?: (flow: Flow) => boolean;
}

/** Runs the flows with an SDK in this process, each on an emulator of its own. */
export function play(title: string, { Client: Sdk, version, disturb, choose = () => true }: Play): void {
  describe.concurrent(title, () => {
    it('is the version it is said to be', () => {
      expect(Sdk.version).toBe(version);
    });

    it.for(flowNames.filter((name) => !flows[name].browserOnly && choose(flows[name])))(
      '%s',
      async (name) => {
        const emulator = await createEmulator();
        const backstage = createBackstage(emulator);
        const stage = createStage({ Client: Sdk, wsUrl: emulator.wsUrl, backstage });
        try {
          await disturb?.(backstage, name);
          await flows[name].run(stage);
          mustHaveAsked(name, await backstage.asked());
        } finally {
          await stage.close();
          backstage.close();
          await emulator.close();
        }
      },
    );
  });
}

/** Throws when a flow is named for an endpoint that the SDK did not ask during it. */
export function mustHaveAsked(name: FlowName, asked: readonly string[]): void {
  for (const { call, method, path, flows: named } of endpointRows) {
    if (!named.includes(name)) continue;
    const pattern = new RegExp(`^${method} ${path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`);
    if (!asked.some((line) => pattern.test(line))) {
      throw new Error(`The flow is named for ${call}, but nothing asked ${method} ${path}`);
    }
  }
}
