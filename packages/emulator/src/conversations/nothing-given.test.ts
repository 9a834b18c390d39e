import { expect, it, onTestFinished } from 'vitest';
import { openStore } from '../store/store.js';
import { addConversation } from './add-conversation.js';
import { addMessage } from './add-message.js';
import { addParticipant } from './add-participant.js';
import { createDomain } from './domain.js';
import { updateConversation } from './update-conversation.js';
import { updateMessage } from './update-message.js';

const api = { source: 'API', webhooksEnabled: false } as const;
const bob = { source: 'SDK', identity: 'bob' } as const;

it('an update over an SDK that gives nothing changes nothing, and nobody hears of one', () => {
  const store = openStore(':memory:');
  onTestFinished(store.close);
  let time = 1_000;
  const domain = createDomain({ store, accountSid: 'AC1', serviceSid: 'IS1', clock: { now: () => time++ } });
  const { sid } = addConversation(domain, { by: api });
  addParticipant(domain, { by: api, conversationSid: sid, identity: 'bob' });
  const message = addMessage(domain, { by: api, conversationSid: sid, author: 'alice', body: 'hers' });
  const before = store.conversations.bySid(sid);
  const heard: string[] = [];
  domain.facts.listen(({ type }) => heard.push(type));

  // Bob may change neither, so that with anything given he would be refused.
  expect(updateMessage(domain, { by: bob, conversationSid: sid, sid: message.sid })).toEqual(message);
  expect(updateConversation(domain, { by: bob, sid })).toEqual(before);
  expect(store.messages.bySid(message.sid)).toEqual(message);
  expect(store.conversations.bySid(sid)).toEqual(before);
  expect(heard).toEqual([]);
});
