import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, quietFlags } from '../../../../tools/chromium.mjs';
import { createEmulator } from '../index.js';
import { createBackstage } from './backstage.js';
import { serveFlows } from './flow-pages.js';
import { type FlowName, flowNames } from './flows/flows.js';
import type { Backstage } from './flows/stage.js';
import { mustHaveAsked } from './play.js';

let site: Awaited<ReturnType<typeof serveFlows>>;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('No Chromium: run npm test, whose set-up finds or installs one.');
  site = await serveFlows();
  browser = await chromium.launch({ executablePath, args: quietFlags });
  context = await browser.newContext();
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

/** As in Node, the SDK leaves promises of its own unhandled when its socket goes while it opens things. */
const sdkGivesUp = /disconnected|Connection is not initialized/;

async function playInPage(name: FlowName): Promise<void> {
  const emulator = await createEmulator();
  const backstage = createBackstage(emulator);
  const page = await context.newPage();
  try {
    const complaints: string[] = [];
    page.on('pageerror', ({ message }) => complaints.push(message));
    await page.exposeFunction('ask', (what: keyof Backstage, given: never[]) =>
      (backstage[what] as (...given: never[]) => Promise<unknown>)(...given),
    );
    await page.goto(site.origin, { waitUntil: 'load' });
    const version = await page.evaluate(
      ([flow, wsUrl]) =>
        (globalThis as unknown as { play(...given: unknown[]): Promise<string> }).play(flow, wsUrl),
      [name, emulator.wsUrl],
    );
    expect(version).toBe('3.0.1');
    mustHaveAsked(name, await backstage.asked());
    expect(complaints.filter((message) => !sdkGivesUp.test(message))).toEqual([]);
  } finally {
    await page.close();
    backstage.close();
    await emulator.close();
  }
}

describe.concurrent('@twilio/conversations 3.0.1 in Chromium, by its browser bundle', () => {
  it.for(flowNames)('%s', playInPage);
});
