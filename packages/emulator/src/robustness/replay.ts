import { setTimeout as wait } from 'node:timers/promises';
import { given } from '../given.js';
import { startEmulator } from '../server.js';
import { checkStore } from './check-store.js';
import { checkLedgers } from './ledger.js';
import { openWriters } from './open-writers.js';
import { comparison, heardOnce, play } from './play.js';
import { scheduleOf } from './schedule.js';
import { storedView } from './stored-view.js';
import { connected } from './writer.js';

const identities = ['alice', 'bob', 'carol'];

/** One run: three SDK clients write to a conversation while their sockets are cut. Answers what was wrong in the end. */
export async function replay(seed: number): Promise<string[]> {
  const schedule = scheduleOf(seed);
  const { emulator, domain } = await startEmulator();
  const { store } = domain;
  const opened = await openWriters(emulator, identities);
  const { writers, conversationSid } = opened;
  try {
    await play(schedule.acts, writers, schedule.cuts, async (cut) => {
      const { faults } = emulator;
      const identity = cut.writer === undefined ? undefined : identities[cut.writer];
      if (cut.when !== 'now') return faults.dropAround(cut.when, given({ identity }));
      faults.refuse(cut.refuseFor > 0);
      faults.drop(identity);
      if (cut.refuseFor > 0) await wait(cut.refuseFor);
      faults.refuse(false);
    });
    // Cuts that still wait for a write must not meet the last ones.
    emulator.faults.reset();
    for (const writer of writers) {
      await connected(writer.client);
      await writer.sendForSure();
    }
    const expected = storedView(store, conversationSid);
    const views = await Promise.all(writers.map((writer) => comparison(writer, expected)));
    return [
      ...views.flat(),
      ...writers.flatMap((writer) => heardOnce(writer, expected)),
      ...checkLedgers(
        store,
        conversationSid,
        writers.map(({ ledger }) => ledger),
      ),
      ...checkStore(store, domain.serviceSid),
    ];
  } finally {
    await opened.close();
    await emulator.close();
  }
}
