import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createChatSession } from './chat-session.js';
import type { Exclusive } from './ports.js';
import {
  createFakeClock,
  createFakeCrypto,
  createFakeExclusive,
  createFakeService,
  createFakeTabs,
  createMemoryStorage,
} from './testing.js';

/** What happens to a visitor with two tabs, in any order. */
type Step =
  | { do: 'answer' | 'remove' | 'drop' | 'pass' }
  | { do: 'read' | 'ring' | 'reload'; tab: 0 | 1 }
  | { do: 'wait'; ms: number };

const tab = fc.constantFrom(0 as const, 1 as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('answer' as const, 'pass' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('remove' as const, 'drop' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('read' as const, 'ring' as const), tab }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reload' as const), tab }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 300, 3_000) }),
  },
);

test('two tabs, in whatever order things reach them, are one visitor who reads and is rung for once', async () => {
  const rung = { once: 0, inVain: 0 };
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(step, { maxLength: 40 }), async (scheduler, steps) => {
      const clock = createFakeClock();
      const service = createFakeService(clock);
      const storage = createMemoryStorage();
      const lock = createFakeExclusive();
      // Who comes in first, and when what a tab tells arrives, is for the scheduler to say.
      const exclusive: Exclusive = async (name, work) => {
        await scheduler.schedule(Promise.resolve(), `enter ${name}`);
        return lock(name, work);
      };
      const { openTabs } = createFakeTabs((hand) => {
        void scheduler.schedule(Promise.resolve(), 'hear').then(hand);
      });
      let seed = 0;
      const wentBack: string[] = [];
      const open = () => {
        seed += 1;
        const session = createChatSession({
          connect: service.connect,
          fetchToken: service.fetchToken,
          storage,
          clock,
          crypto: createFakeCrypto(seed),
          exclusive,
          openTabs,
          watchNetwork: () => () => {},
          pageSize: 4,
        });
        let readTo = -1;
        session.subscribe(() => {
          const now = session.getSnapshot().readTo;
          if (now < readTo) wentBack.push(`${readTo} → ${now}`);
          readTo = now;
        });
        session.start();
        return session;
      };
      const pass = async (): Promise<void> => {
        if (scheduler.count() > 0) await scheduler.waitOne();
        await clock.settle();
      };
      const passAll = async (ms: number): Promise<void> => {
        for (let left = ms; left >= 0; left -= 100) {
          while (scheduler.count() > 0) await pass();
          await clock.advance(100);
        }
      };

      const tabs = [open(), open()];
      await passAll(2_000);
      expect(service.conversations.size).toBe(1);
      expect(new Set(tabs.map((each) => each.getSnapshot().identity)).size).toBe(1);
      const [conversation] = service.conversations.values();
      if (!conversation) throw new Error('There is one.');
      const { sid } = conversation;

      const claims = new Map<number, number>();
      const claiming: Promise<void>[] = [];
      let mostRead = -1;
      for (const what of steps) {
        const at = 'tab' in what ? what.tab : 0;
        const session = tabs[at];
        if (what.do === 'answer') service.add(sid, 'bot', 'an answer');
        else if (what.do === 'remove') {
          // With a link: the SDK is told of it later, too, and the fake is not.
          await clock.advance(1_500);
          service.remove(sid, conversation.nextIndex - 1);
        } else if (what.do === 'drop') service.drop();
        else if (what.do === 'pass') await pass();
        else if (what.do === 'wait') await clock.advance(what.ms);
        else if (what.do === 'read') {
          session?.markRead();
          mostRead = Math.max(mostRead, session?.getSnapshot().readTo ?? -1);
        } else if (what.do === 'ring') {
          const index = session?.getSnapshot().messages.at(-1)?.index ?? -1;
          if (!session || index < 0) continue;
          claiming.push(
            session.claimAlert(index).then((claimed) => {
              claims.set(index, (claims.get(index) ?? 0) + (claimed ? 1 : 0));
            }),
          );
        } else {
          const stopping = session?.stop();
          await passAll(3_000);
          await stopping;
          tabs[at] = open();
        }
        await clock.settle();
      }
      await passAll(30_000);
      await Promise.all(claiming);

      expect(wentBack).toEqual([]);
      expect([...claims.values()].filter((count) => count > 1)).toEqual([]);
      for (const count of claims.values()) rung[count === 1 ? 'once' : 'inVain'] += 1;
      const identity = tabs[0]?.getSnapshot().identity ?? '';
      const unread = conversation.messages.filter(({ index }) => index > mostRead).length;
      for (const each of tabs) {
        expect(each.getSnapshot()).toMatchObject({ status: 'online', readTo: mostRead, unread });
      }
      expect(conversation.reads.get(identity) ?? -1).toBe(mostRead);
      for (const each of tabs) await each.stop();
    }),
    { numRuns: 300 },
  );
  // Both happen, or nothing was shown.
  expect(Math.min(rung.once, rung.inVain)).toBeGreaterThan(0);
}, 60_000);
