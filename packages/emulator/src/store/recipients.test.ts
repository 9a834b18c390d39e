import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { addConversation } from '../conversations/add-conversation.js';
import { addMessage } from '../conversations/add-message.js';
import { addNonChatParticipant } from '../conversations/add-non-chat-participant.js';
import { createDomain } from '../conversations/domain.js';
import { openStore } from './store.js';

const by = { source: 'API', webhooksEnabled: false } as const;

it('pages of recipients put together, there and back, are all recipients once and in order', () => {
  const store = openStore(':memory:');
  onTestFinished(store.close);
  const domain = createDomain({ store, accountSid: 'AC1', serviceSid: 'IS1' });
  const { sid: conversationSid } = addConversation(domain, { by });
  const say = () => addMessage(domain, { by, conversationSid, author: 'ann', body: 'hi' });
  say();
  for (const name of ['one', 'two', 'three']) {
    const messagingBinding = { address: `${name}@example.com`, proxyAddress: 'box@example.com' };
    addNonChatParticipant(domain, { by, conversationSid, messagingBinding });
    say();
    say();
  }
  const page = (stretch: { limit: number; after?: number; before?: number }) =>
    store.messages.recipientsPage(conversationSid, stretch);
  const all = page({ limit: 1000 });
  expect(all).toHaveLength(2 * (2 + 3 + 4));
  expect(all.map(({ place }) => place)).toEqual(all.map(({ place }) => place).sort((a, b) => a - b));

  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), (limit) => {
      const forward: typeof all = [];
      for (let found = page({ limit }); found.length > 0; ) {
        expect(found.length).toBeLessThanOrEqual(limit);
        forward.push(...found);
        found = page({ limit, after: found.at(-1)?.place ?? 0 });
      }
      expect(forward).toEqual(all);
      const back: typeof all = [];
      for (let found = page({ limit, before: 1_000_000 }); found.length > 0; ) {
        expect(found.length).toBeLessThanOrEqual(limit);
        back.unshift(...found);
        found = page({ limit, before: found[0]?.place ?? 0 });
      }
      expect(back).toEqual(all);
    }),
  );
});
