import type { Client } from '@twilio/conversations';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Config } from '../config.js';
import { createMemberships } from '../memberships.js';
import { parrot } from '../testing/parrot.js';
import { ask, read, signIn } from '../testing/sdk.js';
import { type Stack, startStack } from '../testing/stack.js';
import { claimsAt, hs256, ISSUER, KID, SECRET } from '../testing/user-tokens.js';
import { newVisitor, type Visitor } from '../testing/visitor.js';
import { createTwilioClient } from '../twilio-client.js';

const CLAIM = '/chat-widget/claim';
const USER = 'u__8E1uC8jM8-fuv5XG-8YpdG4nMtFqEzyN9C3QgH4_60';
const userTokens = { issuer: ISSUER, algorithm: 'HS256', secrets: { [KID]: SECRET }, enforce: 'on' } as const;
const token = (changes: Record<string, unknown> = {}) =>
  hs256(claimsAt(Math.floor(Date.now() / 1000), changes));
const REFUSED = {
  status: 403,
  body: {
    error: {
      code: 'claim_refused',
      message: 'Only an open conversation that the anonymous visitor is in can be taken along.',
    },
    serverTime: expect.any(Number),
  },
};

let stack: Stack;
let visitor: Visitor;
const clients: Client[] = [];

async function start(changes: Partial<Config> = {}): Promise<void> {
  stack = await startStack(parrot(), {}, { userTokens, ...changes });
}

beforeEach(async () => {
  visitor = await newVisitor();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.shutdown()));
  await stack.close();
});

async function sdk(fields: Record<string, string>): Promise<Client> {
  const client = await signIn(stack, fields);
  clients.push(client);
  return client;
}

/** A conversation with these people in it. */
async function conversationOf(...identities: string[]): Promise<string> {
  const sid = await stack.newConversation();
  for (const identity of identities) await stack.service.conversations(sid).participants.create({ identity });
  return sid;
}

const claim = (conversation_sid: string, changes: Record<string, string> = {}) =>
  ask(stack, CLAIM, { ...visitor, user_token: token(), conversation_sid, ...changes });

const inside = async (sid: string) =>
  (await stack.service.conversations(sid).participants.list()).map(({ identity }) => identity).sort();

describe('whoever logs in', () => {
  test('takes the conversation along, out of the reach of the identity before', async () => {
    await start();
    const before = await sdk({ ...visitor });
    const conversation = await before.createConversation({});
    await conversation.join();
    await conversation.sendMessage('before the login');
    // What the SDK still loads when it is put out fails behind everybody's back.
    await Promise.all([conversation.getMessages(), conversation.getParticipants()]);
    const { sid } = conversation;

    expect(await claim(sid)).toEqual({ status: 200, body: { conversation_sid: sid, identity: USER } });

    const after = await sdk({ user_token: token() });
    expect(await read(after, sid)).toEqual(['before the login']);
    await (await after.getConversationBySid(sid)).sendMessage('after the login');
    expect(await stack.bodiesIn(sid)).toEqual(['before the login', 'after the login']);

    // The secret that is still in the browser opens nothing any more: not to whom is connected, nor anew.
    await expect(conversation.sendMessage('still here?')).rejects.toThrow();
    await expect(conversation.join()).rejects.toThrow();
    const again = await sdk({ ...visitor });
    expect(await read(again, sid)).toBe('kept out');
    expect(await inside(sid)).toEqual([USER]);
    expect(stack.log()).not.toContain(USER);
    expect(stack.log()).not.toMatch(/eyJ|s1\.[\w-]{43}/);
  });

  test('may claim again, in a row and at the same time', async () => {
    await start();
    const sid = await conversationOf(visitor.identity);
    const answers = await Promise.all([claim(sid), claim(sid), claim(sid)]);
    answers.push(await claim(sid));
    expect(answers).toEqual(Array(4).fill({ status: 200, body: { conversation_sid: sid, identity: USER } }));
    expect(await inside(sid)).toEqual([USER]);
  });

  test('finishes a claim that was interrupted between the two', async () => {
    await start();
    const sid = await conversationOf(visitor.identity, USER);
    expect((await claim(sid)).status).toBe(200);
    expect(await inside(sid)).toEqual([USER]);
  });

  test('finds it again where this service makes the conversations, and the identity before gets another', async () => {
    await start({ mode: 'hardened' });
    const offered = async (fields: Record<string, string>) =>
      String((await ask(stack, '/chat-widget', fields)).body.conversation_sid);
    const sid = await offered({ ...visitor });
    expect((await claim(sid)).status).toBe(200);
    expect(await offered({ user_token: token() })).toBe(sid);
    expect(await offered({ ...visitor })).not.toBe(sid);
    expect(await inside(sid)).toEqual([USER]);
  });

  test('finds one again that the browser made, and no second one is made', async () => {
    await start({ mode: 'hardened' });
    const offered = async (fields: Record<string, string>) =>
      String((await ask(stack, '/chat-widget', fields)).body.conversation_sid);
    const before = await sdk({ ...visitor });
    for (const made of await stack.service.conversations.list()) {
      await stack.service.conversations(made.sid).remove();
    }
    const { sid } = await before.createConversation({ uniqueName: 'w_made-by-the-browser-' });
    await stack.service.conversations(sid).participants.create({ identity: visitor.identity });
    await before.shutdown();
    clients.splice(0);
    expect((await claim(sid)).status).toBe(200);
    expect(await offered({ user_token: token() })).toBe(sid);
    expect(await stack.service.conversations.list()).toHaveLength(1);
    // Before one that was made for the user meanwhile, which nobody has written in.
    const { sid: own } = await stack.service.conversations.create({ uniqueName: 'w_made-since' });
    await stack.service.conversations(own).participants.create({ identity: USER });
    expect(await offered({ user_token: token() })).toBe(sid);
    await stack.service.conversations(sid).update({ state: 'closed' });
    expect(await offered({ user_token: token() })).toBe(own);
  });

  test('is never offered one that somebody else claimed, and let them into', async () => {
    await start({ mode: 'hardened' });
    const sid = await conversationOf(visitor.identity);
    expect((await claim(sid, { user_token: token({ sub: 'attacker' }) })).status).toBe(200);
    await stack.service.conversations(sid).participants.create({ identity: USER });
    const { body } = await ask(stack, '/chat-widget', { user_token: token() });
    expect(body.conversation_sid).toMatch(/^CH/);
    expect(body.conversation_sid).not.toBe(sid);
  });

  test('does not change a name that the business gave', async () => {
    await start();
    const { sid } = await stack.service.conversations.create({ uniqueName: 'order-1042' });
    await stack.service.conversations(sid).participants.create({ identity: visitor.identity });
    expect((await claim(sid)).status).toBe(200);
    expect((await stack.service.conversations(sid).fetch()).uniqueName).toBe('order-1042');
  });

  test('leaves others inside', async () => {
    await start();
    const sid = await conversationOf(visitor.identity, 'agent1');
    expect((await claim(sid)).status).toBe(200);
    expect(await inside(sid)).toEqual(['agent1', USER]);
  });

  test('has the role of visitors there', async () => {
    await start();
    const { sid: visitorRoleSid } = await stack.service.roles.create({
      friendlyName: 'web chat visitor',
      type: 'conversation',
      permission: ['sendMessage'],
    });
    const { config } = stack.host;
    const memberships = createMemberships(createTwilioClient(config), { ...config, visitorRoleSid });
    const sid = await conversationOf(visitor.identity);
    const place = await memberships.find(visitor.identity, sid);
    expect(await memberships.replace(sid, USER, place?.participantSid ?? '')).toBe(true);
    const { roleSid } = await stack.service.conversations(sid).participants(USER).fetch();
    expect(roleSid).toBe(visitorRoleSid);
  });
});

describe('a claim is refused, always in the same words,', () => {
  test.each<[string, () => Promise<string>]>([
    ['of no conversation', async () => `CH${'0'.repeat(32)}`],
    ['of a conversation of somebody else', () => conversationOf('somebody')],
    ['of an empty conversation', () => conversationOf()],
    [
      'of a conversation that is over',
      async () => {
        const sid = await conversationOf(visitor.identity);
        await stack.service.conversations(sid).update({ state: 'closed' });
        return sid;
      },
    ],
    [
      'of a conversation that another user claimed',
      async () => {
        const sid = await conversationOf(visitor.identity);
        expect((await claim(sid, { user_token: token({ sub: '43' }) })).status).toBe(200);
        return sid;
      },
    ],
  ])('%s', async (_what, make) => {
    await start();
    const sid = await make();
    const people = await stack.service
      .conversations(sid)
      .participants.list()
      .catch(() => []);
    expect(await claim(sid)).toEqual(REFUSED);
    if (people.length > 0) expect(await inside(sid)).toEqual(people.map(({ identity }) => identity));
  });
});

describe('a claim needs', () => {
  test.each<[string, Record<string, string>, string]>([
    ['a conversation', { conversation_sid: '' }, 'bad_request'],
    ['one by its SID', { conversation_sid: 'the-conversation' }, 'bad_request'],
    ['no path', { conversation_sid: `CH${'0'.repeat(32)}/Participants` }, 'bad_request'],
    ['a proof', { proof: '' }, 'proof_required'],
    ['the right proof', { proof: `s1.AQ${'A'.repeat(41)}` }, 'proof_invalid'],
    ['a token', { user_token: '' }, 'proof_required'],
    ['a good token', { user_token: `${token()}x` }, 'user_token_invalid'],
    ['a fresh token', { user_token: hs256(claimsAt(1_000_000_000)) }, 'user_token_expired'],
    ['an anonymous identity', { identity: USER }, 'identity_reserved'],
  ])('%s', async (_what, changes, code) => {
    for (const enforce of ['on', 'observe'] as const) {
      await start({ userTokens: { ...userTokens, enforce } });
      const sid = await conversationOf(visitor.identity);
      const { body } = await claim(sid, changes);
      expect(body.error?.code).toBe(code);
      expect(await inside(sid)).toEqual([visitor.identity]);
      if (enforce === 'on') await stack.close();
    }
  });

  test('both sides not to be banned', async () => {
    for (const banned of [visitor.identity, USER]) {
      await start({ bannedIdentities: [banned] });
      const sid = await conversationOf(visitor.identity);
      expect((await claim(sid)).body.error?.code).toBe('banned');
      expect(await inside(sid)).toEqual([visitor.identity]);
      if (banned !== USER) await stack.close();
    }
  });

  test('Twilio, and says so without a name', async () => {
    await start({ twilioApiBaseUrl: 'http://127.0.0.1:9' });
    const sid = await conversationOf(visitor.identity);
    const { status, body } = await claim(sid);
    expect([status, body.error?.code]).toEqual([502, 'twilio_unavailable']);
    expect(stack.log()).not.toContain(visitor.identity);
  });
});
