import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import {
  allSent,
  bodies,
  type CleanUps,
  cleanUpAll,
  createProfile,
  isOnline,
  startRealService,
  until,
} from '../robustness/real-chat.js';

const cleanUps: CleanUps = [];
afterEach(() => cleanUpAll(cleanUps));

test('N5: a server that is down for a minute is come back to, and what was missed is there in order', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'chat-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
  const data = join(folder, 'store.db');
  const first = await startRealService(cleanUps, { data });
  const port = Number(new URL(first.emulator.wsUrl).port);
  // The waits of a real visitor.
  const retryPolicy = { min: 300, max: 30_000, randomness: 0.2 };
  const session = createProfile(cleanUps, first, { retryPolicy }).open();
  session.start();
  await until(session, () => isOnline(session));
  const sid = session.getSnapshot().conversationSid ?? '';
  session.send('before');
  await until(session, () => allSent(session) && bodies(session).length === 1);
  await first.emulator.close();
  await until(session, () => session.getSnapshot().status === 'reconnecting');
  session.send('while it is down');
  // The row itself is this wait.
  await new Promise((resolve) => setTimeout(resolve, 60_000));
  expect(bodies(session)).toEqual(['before', 'while it is down']);
  const again = await startRealService(cleanUps, { data, port });
  for (let count = 0; count < 40; count += 1) await again.say(sid, `missed ${count}`);
  await until(session, () => isOnline(session) && allSent(session) && bodies(session).length === 42, 60_000);
  expect(bodies(session)).toEqual(await again.stored(sid));
});
