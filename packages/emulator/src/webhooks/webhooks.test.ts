import { describe, expect, it, onTestFinished } from 'vitest';
import { addConversation } from '../conversations/add-conversation.js';
import { addMessage } from '../conversations/add-message.js';
import { addParticipant } from '../conversations/add-participant.js';
import { createDomain } from '../conversations/domain.js';
import { addWebhook } from '../conversations/scoped-webhooks.js';
import { settleCredentials } from '../credentials.js';
import { randomIds } from '../ids.js';
import { openStore } from '../store/store.js';
import { type Receiver, startReceiver } from '../testing/receiver.js';
import { helperFor, startForTest } from '../testing/start.js';
import { createWebhooks } from './webhooks.js';

const visitor = { source: 'SDK', identity: 'visitor-42' } as const;
const api = { source: 'API', webhooksEnabled: false } as const;

async function setUp() {
  const lines: string[] = [];
  const started = await startForTest({ log: (line) => void lines.push(line) });
  const receiver = await startReceiver();
  const { domain, emulator } = started;
  const { v1 } = helperFor(started).conversations;
  const { sid } = addConversation(domain, { by: visitor });
  addParticipant(domain, { by: visitor, conversationSid: sid, identity: 'visitor-42' });
  return {
    ...{ started, domain, receiver, lines, v1, sid },
    conversation: v1.conversations(sid),
    webhooks: started.webhooks,
    authToken: emulator.credentials.authToken,
    service: v1.services(emulator.credentials.serviceSid),
    say: (body: string, conversationSid = sid) => addMessage(domain, { by: visitor, conversationSid, body }),
    attach: (target: Receiver, replayAfter?: number) =>
      v1.conversations(sid).webhooks.create({
        target: 'webhook',
        'configuration.url': `${target.url}/scoped`,
        'configuration.filters': ['onMessageAdded'],
        ...(replayAfter !== undefined && { 'configuration.replayAfter': replayAfter }),
      }),
  };
}

describe('webhooks of the emulator', () => {
  it('tell the service of a conversation and its message, signed', async () => {
    const { service, receiver, domain, say, webhooks, authToken } = await setUp();
    await service.configuration.webhooks().update({
      postWebhookUrl: `${receiver.url}/service`,
      filters: ['onConversationAdded', 'onMessageAdded'],
      method: 'POST',
    });
    const { sid } = addConversation(domain, { by: visitor, friendlyName: 'Order 7' });
    addParticipant(domain, { by: visitor, conversationSid: sid, identity: 'visitor-42' });
    const message = say('Hi & bye', sid);
    await webhooks.idle();
    expect(receiver.values('EventType')).toEqual(['onConversationAdded', 'onMessageAdded']);
    expect(receiver.received.map((request) => request.signed(authToken))).toEqual([true, true]);
    expect(receiver.received[1]).toMatchObject({
      method: 'POST',
      path: '/service',
      fields: { MessageSid: message.sid, Source: 'SDK', ClientIdentity: 'visitor-42', Body: 'Hi & bye' },
    });
  });

  it('are silent about REST writes, unless the write asks for them', async () => {
    const { receiver, attach, conversation, webhooks } = await setUp();
    await attach(receiver);
    await conversation.messages.create({ body: 'silent' });
    await conversation.messages.create({ body: 'loud', xTwilioWebhookEnabled: 'true' });
    await webhooks.idle();
    expect(receiver.values('Body')).toEqual(['loud']);
    expect(receiver.values('Source')).toEqual(['API']);
  });

  it('tell each event to account, service and conversation alike', async () => {
    const { v1, service, receiver, attach, say, webhooks } = await setUp();
    const filters = ['onMessageAdded'];
    await v1.configuration
      .webhooks()
      .update({ postWebhookUrl: `${receiver.url}/global`, filters, method: 'GET' });
    await service.configuration.webhooks().update({ postWebhookUrl: `${receiver.url}/service`, filters });
    await attach(receiver);
    say('hello');
    await webhooks.idle();
    const told = receiver.received.map(({ method, path }) => `${method} ${path.split('?')[0]}`);
    expect(told.sort()).toEqual(['GET /global', 'POST /scoped', 'POST /service']);
  });

  it('hear the messages of a conversation in order', async () => {
    const { receiver, attach, say, webhooks } = await setUp();
    await attach(receiver);
    for (let n = 0; n < 20; n++) say(`m${n}`);
    await webhooks.idle();
    expect(receiver.values('Index')).toEqual(Array.from({ length: 20 }, (_, n) => String(n)));
  });

  it('of other conversations do not wait for a slow one', async () => {
    const { receiver, attach, say, domain, webhooks, v1 } = await setUp();
    await attach(receiver);
    const release = receiver.hold();
    say('slow');
    await receiver.count(1);
    const other = addConversation(domain, { by: visitor });
    addParticipant(domain, { by: visitor, conversationSid: other.sid, identity: 'visitor-42' });
    const quick = await startReceiver();
    await v1.conversations(other.sid).webhooks.create({
      target: 'webhook',
      'configuration.url': quick.url,
      'configuration.filters': ['onMessageAdded'],
    });
    say('quick', other.sid);
    await quick.count(1);
    release();
    await webhooks.idle();
    expect(quick.values('Body')).toEqual(['quick']);
  });

  it('fail with a line in the log, and are not tried again', async () => {
    const { receiver, attach, say, webhooks, lines, sid } = await setUp();
    await attach(receiver);
    receiver.answer = { status: 500 };
    say('hello');
    await webhooks.idle();
    expect(receiver.received).toHaveLength(1);
    expect(lines).toEqual([
      `Webhook onMessageAdded of ${sid} to ${receiver.url}/scoped failed: answered 500`,
    ]);
  });

  it('do not leave loopback, and do not log what a URL may hide', async () => {
    const { conversation, say, webhooks, lines } = await setUp();
    await conversation.webhooks.create({
      target: 'webhook',
      'configuration.url': 'http://user:secret@169.254.169.254/latest?token=secret',
      'configuration.filters': ['onMessageAdded'],
    });
    say('hello');
    await webhooks.idle();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('169.254.169.254 is not loopback');
    expect(lines[0]).not.toContain('secret');
  });

  it('of Studio flows say that flows do not run here yet', async () => {
    const { conversation, say, webhooks, lines, sid } = await setUp();
    const flowSid = `FW${'7'.repeat(32)}`;
    await conversation.webhooks.create({ target: 'studio', 'configuration.flowSid': flowSid });
    say('hello');
    await webhooks.idle();
    expect(lines).toEqual([
      `Studio flows do not run here yet: ${flowSid} was not told of onMessageAdded in ${sid}`,
    ]);
  });

  it('hear of the end of their own conversation', async () => {
    const { receiver, conversation, webhooks } = await setUp();
    await conversation.webhooks.create({
      target: 'webhook',
      'configuration.url': receiver.url,
      'configuration.filters': ['onConversationRemoved'],
    });
    await conversation.remove({ xTwilioWebhookEnabled: 'true' });
    await webhooks.idle();
    expect(receiver.values('EventType')).toEqual(['onConversationRemoved']);
  });
});

describe('ReplayAfter', () => {
  it('sends the message of that index and all later ones again, before what comes live', async () => {
    const { receiver, attach, say, webhooks } = await setUp();
    for (const body of ['zero', 'one', 'two']) say(body);
    const release = receiver.hold();
    await attach(receiver, 1);
    say('three');
    release();
    await webhooks.idle();
    expect(receiver.values('Body')).toEqual(['one', 'two', 'three']);
    expect(receiver.values('ClientIdentity')).toEqual(['visitor-42', 'visitor-42', 'visitor-42']);
  });

  it('tells by Source what did not come from a participant', async () => {
    const { receiver, attach, say, webhooks, conversation } = await setUp();
    await conversation.messages.create({ body: 'greeting', author: 'bot' });
    say('hello');
    await attach(receiver, 0);
    await webhooks.idle();
    expect(receiver.values('Source')).toEqual(['API', 'SDK']);
  });

  it('is off unless it was asked for', async () => {
    const { receiver, attach, say, webhooks } = await setUp();
    say('before');
    await attach(receiver);
    say('after');
    await webhooks.idle();
    expect(receiver.values('Body')).toEqual(['after']);
  });

  it('neither loses nor repeats what is sent while the webhook is being attached', async () => {
    const receiver = await startReceiver();
    const store = openStore(':memory:');
    onTestFinished(() => store.close());
    const credentials = settleCredentials(store.settings, randomIds, {});
    const domain = createDomain({ store, ...credentials });
    const { sid } = addConversation(domain, { by: visitor });
    addParticipant(domain, { by: visitor, conversationSid: sid, identity: 'visitor-42' });
    const say = (body: string) => addMessage(domain, { by: visitor, conversationSid: sid, body });
    say('before');
    // A listener that is there first: what it does in answer to a fact is in the store when webhooks hear of the fact.
    domain.facts.listen((fact) => {
      if (fact.type === 'message.added' && fact.message.body === 'attach') {
        const hook = { target: 'webhook', url: receiver.url, filters: ['onMessageAdded'] } as const;
        addWebhook(domain, { by: api, conversationSid: sid, ...hook, replayAfter: 0 });
      }
      if (fact.type === 'webhook.added') say('attached');
    });
    const webhooks = createWebhooks({ domain, credentials, allowedHosts: [], log: () => {} });
    say('attach');
    say('after');
    await webhooks.idle();
    expect(receiver.values('Body')).toEqual(['before', 'attach', 'attached', 'after']);
  });
});
