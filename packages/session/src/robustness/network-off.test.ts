import { afterEach, expect, test, vi } from 'vitest';
import { createProxy } from './proxy.js';
import {
  allSent,
  bodies,
  type CleanUps,
  cleanUpAll,
  createProfile,
  isOnline,
  startRealService,
  until,
} from './real-chat.js';

const cleanUps: CleanUps = [];
afterEach(() => cleanUpAll(cleanUps));

/** What the browser says of its network, to the SDK and to the session. */
function browserNetwork() {
  const window = new EventTarget();
  // The SDK hears it from the page by itself, and closes its socket.
  vi.stubGlobal('window', window);
  cleanUps.push(async () => vi.unstubAllGlobals());
  return {
    says: (what: 'online' | 'offline') => void window.dispatchEvent(new Event(what)),
    watchNetwork(listener: (online: boolean) => void) {
      window.addEventListener('online', () => listener(true));
      window.addEventListener('offline', () => listener(false));
      return () => {};
    },
  };
}

test.each([
  ['has not left', 'before'],
  ['has arrived', 'after'],
] as const)(
  'N7: the network is gone for a second while a message %s: it is there once, within 5 s',
  async (_, when) => {
    const network = browserNetwork();
    const service = await startRealService(cleanUps);
    const proxy = await createProxy({ port: Number(new URL(service.emulator.wsUrl).port) });
    cleanUps.push(() => proxy.close());
    const realtimeUrl = proxy.through(service.emulator.wsUrl);
    // The SDK's own waits are those of a visitor: the word of the browser ends them.
    const retryPolicy = { min: 300, max: 30_000, randomness: 0.2 };
    const { watchNetwork } = network;
    const session = createProfile(cleanUps, service, { realtimeUrl, retryPolicy, watchNetwork }).open();
    session.start();
    await until(session, () => isOnline(session));
    const sid = session.getSnapshot().conversationSid ?? '';
    if (when === 'before') proxy.stall();
    else service.faults.latency(60_000);
    session.send('once');
    if (when === 'after') while ((await service.stored(sid)).length === 0);
    const statuses = new Set<string>();
    session.subscribe(() => statuses.add(session.getSnapshot().status));
    network.says('offline');
    await until(session, () => session.getSnapshot().status === 'offline');
    proxy.manner('refuse');
    // The row itself is this second.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    proxy.manner('pass');
    service.faults.latency(0);
    network.says('online');
    await until(session, () => isOnline(session) && allSent(session), 5_000);
    expect(bodies(session)).toEqual(['once']);
    expect(await service.stored(sid)).toEqual(['once']);
    expect(statuses).not.toContain('failed');
  },
);
