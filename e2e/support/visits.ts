import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { launchBrowser, leavingLoopback, newVisitor, type VisitorBrowser } from './browser.js';
import { type Stack, type StackOptions, startStack } from './stack.js';

export interface Visits {
  /** Everything the browsers talk to; each test has its own. */
  readonly stack: Stack;
  /** The test's first visitor. */
  readonly visitor: VisitorBrowser;
  /** One more visitor. */
  arrive(options?: Parameters<typeof newVisitor>[1]): Promise<VisitorBrowser>;
}

/** To be called once in a test file. After each test it holds every visitor to never having asked beyond this machine. */
export function setUpVisits(options: StackOptions = {}): Visits {
  let browser: Browser;
  let stack: Stack;
  let visitor: VisitorBrowser;
  const arrived: VisitorBrowser[] = [];

  const arrive: Visits['arrive'] = async (browserOptions) => {
    const one = await newVisitor(browser, browserOptions);
    arrived.push(one);
    return one;
  };

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  beforeEach(async () => {
    stack = await startStack(options);
    visitor = await arrive();
  });
  afterEach(async () => {
    const requests = arrived.flatMap((one) => one.requests);
    for (const one of arrived.splice(0)) await one.close();
    await stack.close();
    expect(leavingLoopback(requests)).toEqual([]);
  });
  afterAll(() => browser.close());

  return {
    get stack() {
      return stack;
    },
    get visitor() {
      return visitor;
    },
    arrive,
  };
}
