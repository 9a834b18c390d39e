import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createChatSession } from './chat-session.js';
import type { ChatSession } from './contract.js';
import {
  createFakeClock,
  createFakeCrypto,
  createFakeExclusive,
  createFakeService,
  createMemoryStorage,
  type Fault,
} from './testing.js';

/** One browser on a bad line: what happens to it, in any order. */
type Step =
  | { do: 'send'; tab: 0 | 1 }
  | { do: 'answer' }
  | { do: 'wait'; ms: number }
  | {
      do:
        | 'drop'
        | 'refuse'
        | 'restore'
        | 'denyTokens'
        | 'kill'
        | 'retryNow'
        | 'tokenServiceDown'
        | 'tokenServiceUp';
    }
  | { do: 'fault'; on: 'send' | 'after' | 'page' | 'open'; fault: Fault }
  | { do: 'reload' | 'crash'; tab: 0 | 1 };

const tab = fc.constantFrom(0 as const, 1 as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('send' as const), tab }) },
  { weight: 2, arbitrary: fc.constant<Step>({ do: 'answer' }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 1, 100, 3_000, 30_000) }),
  },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(
        'drop' as const,
        'refuse' as const,
        'restore' as const,
        'denyTokens' as const,
        'kill' as const,
        'retryNow' as const,
        'tokenServiceDown' as const,
        'tokenServiceUp' as const,
      )
      .map((name) => ({ do: name })),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      on: fc.constantFrom(
        'send' as const,
        'send' as const,
        'after' as const,
        'page' as const,
        'open' as const,
      ),
      fault: fc.constantFrom<Fault>(
        'lost',
        'unanswered',
        'silent',
        'done_but_failed',
        'busy',
        'unknown_outcome',
        'not_sent',
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('reload' as const, 'crash' as const), tab }) },
);

async function live(happening: readonly Step[], tabCount: 1 | 2): Promise<void> {
  const clock = createFakeClock();
  const service = createFakeService(clock);
  const storage = createMemoryStorage();
  const exclusive = createFakeExclusive();
  let seed = 0;
  const written: string[][] = [[], []];
  const shownTwice: string[] = [];

  const open = (): ChatSession => {
    seed += 1;
    const session = createChatSession({
      connect: service.connect,
      fetchToken: service.fetchToken,
      storage,
      clock,
      crypto: createFakeCrypto(seed),
      exclusive,
      watchNetwork: () => () => {},
      pageSize: 5,
    });
    session.subscribe(() => {
      const bodies = session.getSnapshot().messages.map(({ body }) => body);
      // Each text is written once, so that one that stands there twice was shown twice. Noted and not thrown: what a
      // listener throws may be taken for a failure of the line.
      if (new Set(bodies).size !== bodies.length) shownTwice.push(bodies.join(', '));
    });
    session.start();
    return session;
  };
  const tabs = Array.from({ length: tabCount }, open);
  const tabOf = (number: 0 | 1): 0 | 1 => (number < tabCount ? number : 0);
  const conversation = () => [...service.conversations.values()][0];

  const perform = async (what: Step): Promise<void> => {
    switch (what.do) {
      case 'send': {
        const at = tabOf(what.tab);
        const text = `${at}.${written[at]?.length}`;
        written[at]?.push(text);
        return tabs[at]?.send(text);
      }
      case 'answer': {
        const sid = conversation()?.sid;
        if (sid) service.add(sid, 'bot', `answer ${service.conversations.get(sid)?.nextIndex}`);
        return;
      }
      case 'wait':
        return clock.advance(what.ms);
      case 'drop':
        return service.drop();
      case 'refuse':
        return service.refuse(true);
      case 'restore':
        return service.refuse(false);
      case 'denyTokens':
        return service.denyTokens();
      case 'kill':
        return service.kill();
      case 'retryNow':
        return tabs[0]?.retryNow();
      case 'tokenServiceDown':
        service.tokenError = new Error('down');
        return;
      case 'tokenServiceUp':
        service.tokenError = null;
        return;
      case 'fault':
        return service.fail(what.on, what.fault);
      case 'reload':
      case 'crash': {
        const at = tabOf(what.tab);
        // A page that was never started up to its storage has nothing to come back to.
        await clock.settle();
        const before = new Map(storage.values);
        await tabs[at]?.stop();
        if (what.do === 'crash') {
          storage.values.clear();
          for (const [key, value] of before) storage.values.set(key, value);
        }
        tabs[at] = open();
      }
    }
  };

  for (const what of happening) await perform(what);

  service.refuse(false);
  service.tokenError = null;
  await clock.advance(600_000);
  for (const session of tabs) session.retryNow();
  await clock.advance(600_000);

  const stored = (conversation()?.messages ?? []).map(({ body }) => body);
  for (const [at, session] of tabs.entries()) {
    expect(session.getSnapshot().status).toBe('online');
    while (session.getSnapshot().hasOlder) {
      void session.loadOlder();
      // A fault may still be waiting for this very page.
      await clock.advance(60_000);
    }
    expect(session.getSnapshot().status).toBe('online');
    const shown = session.getSnapshot().messages;
    expect(shown.map(({ body }) => body)).toEqual(stored);
    expect(shown.every(({ state, sid }) => state === 'sent' && sid !== null)).toBe(true);
    // Nothing lost, nothing stored twice, and each tab's texts in the order they were written.
    const own = stored.filter((body) => body.startsWith(`${at}.`));
    expect(own).toEqual(written[at]);
  }
  expect(shownTwice).toEqual([]);
  for (const session of tabs) await session.stop();
}

const steps = fc.array(step, { minLength: 5, maxLength: 60, size: 'max' });

test('over a bad line nothing is lost, nothing is shown or stored twice, and the order is kept', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(steps, (happening) => live(happening, 1)),
    { numRuns: 200 },
  );
});

test('the same holds for two tabs of one visitor', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(steps, (happening) => live(happening, 2)),
    { numRuns: 150 },
  );
});
