import { expect, test } from 'vitest';
import { createFakeBrowser, startFakeBrowser } from './fake-browser.js';

/** How often somebody's role was looked up for one message, edit and removal: once for each message that is shown. */
async function workOf(length: number): Promise<{ counts: number[]; kept: boolean }> {
  const browser = await startFakeBrowser(createFakeBrowser());
  const { clock, service, sid } = browser;
  await browser.session.stop();
  for (let count = 0; count < length; count += 1) service.add(sid, 'ada', `m${count}`);
  let looked = 0;
  const identities: string[] = [];
  identities.includes = () => {
    looked += 1;
    return false;
  };
  const session = browser.open({ staff: { agents: { identities } } });
  session.start();
  await clock.settle();
  while (session.getSnapshot().messages.length < 300) await session.loadOlder();
  const counts: number[] = [];
  const { messages } = session.getSnapshot();
  const during = async (happening: () => void): Promise<void> => {
    looked = 0;
    happening();
    await clock.settle();
    counts.push(looked);
  };
  await during(() => service.add(sid, 'ada', 'live'));
  await during(() => service.edit(sid, length - 5, 'edited'));
  await during(() => service.remove(sid, length - 9));
  const after = new Set(session.getSnapshot().messages);
  const kept = messages.filter((message) => after.has(message)).length === 297;
  await browser.close();
  return { counts, kept };
}

test('each event costs the same in a conversation of 10,000 messages as in one of 1,000', async () => {
  const short = await workOf(1_000);
  const long = await workOf(10_000);
  expect(long).toEqual(short);
  expect(long.kept).toBe(true);
  for (const count of long.counts) expect(count).toBeLessThanOrEqual(2 * 300);
});
