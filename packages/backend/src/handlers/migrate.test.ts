import type { Client } from '@twilio/conversations';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTokenSigner } from '../access-token.js';
import type { Config } from '../config.js';
import { parrot } from '../testing/parrot.js';
import { ask, connect, read, signIn } from '../testing/sdk.js';
import { type Stack, startStack } from '../testing/stack.js';
import { newVisitor, type Visitor } from '../testing/visitor.js';

const MIGRATE = '/chat-widget/migrate';
const LEGACY = '6d0f2a4e-8f0b-4c53-9a37-1f6c2b5d7e90';
const now = () => Math.floor(Date.now() / 1000);
const REFUSED = {
  status: 403,
  body: {
    error: {
      code: 'migration_refused',
      message:
        'Only an open conversation that the old identity created and is in can be brought along, once.',
    },
    serverTime: expect.any(Number),
  },
};

let stack: Stack;
let visitor: Visitor;
const clients: Client[] = [];

async function start(changes: Partial<Config> = {}): Promise<void> {
  stack = await startStack(parrot(), {}, { legacyUntil: now() + 3600, ...changes });
}

beforeEach(async () => {
  visitor = await newVisitor();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.shutdown()));
  await stack.close();
});

/** A client of the original, with a token that its service gave to anybody. */
async function original(identity = LEGACY): Promise<Client> {
  const { config } = stack.host;
  return await connect(await createTokenSigner(config)(identity, now()), String(config.realtimeUrl));
}

/** A conversation as the original makes one. */
async function originalConversation(identity = LEGACY): Promise<string> {
  const client = await original(identity);
  const conversation = await client.createConversation({});
  await conversation.join();
  await conversation.sendMessage('written long ago');
  await client.shutdown();
  return conversation.sid;
}

const migrate = (legacy_conversation_sid: string, changes: Record<string, string> = {}) =>
  ask(stack, MIGRATE, { ...visitor, legacy_identity: LEGACY, legacy_conversation_sid, ...changes });

const inside = async (sid: string) =>
  (await stack.service.conversations(sid).participants.list()).map(({ identity }) => identity).sort();

const attributesOf = async (identity: string): Promise<unknown> =>
  JSON.parse((await stack.service.users(identity).fetch()).attributes);

describe('a visitor of the original', () => {
  test('brings the conversation along, out of the reach of the old identity', async () => {
    await start();
    const sid = await originalConversation();
    expect(await migrate(sid)).toEqual({
      status: 200,
      body: { conversation_sid: sid, identity: visitor.identity },
    });
    const client = await signIn(stack, { ...visitor });
    clients.push(client);
    expect(await read(client, sid)).toEqual(['written long ago']);
    const again = await original();
    clients.push(again);
    expect(await read(again, sid)).toBe('kept out');
    expect(await inside(sid)).toEqual([visitor.identity]);
    expect(stack.log()).not.toContain(LEGACY);
  });

  test('is offered it where this service makes the conversations, and no second one is made', async () => {
    await start({ mode: 'hardened' });
    const sid = await originalConversation();
    expect((await migrate(sid)).status).toBe(200);
    const { body } = await ask(stack, '/chat-widget', { ...visitor });
    expect(body.conversation_sid).toBe(sid);
    expect(await stack.service.conversations.list()).toHaveLength(1);
  });

  test('may ask again, in a row and at the same time', async () => {
    await start();
    const sid = await originalConversation();
    const answers = await Promise.all([migrate(sid), migrate(sid)]);
    answers.push(await migrate(sid));
    const right = { status: 200, body: { conversation_sid: sid, identity: visitor.identity } };
    expect(answers).toEqual([right, right, right]);
  });

  test('may bring several conversations, to one identity', async () => {
    await start();
    const [first, second] = [await originalConversation(), await originalConversation()];
    expect((await migrate(first)).status).toBe(200);
    const stranger = await newVisitor();
    expect(await migrate(second, { ...stranger })).toEqual(REFUSED);
    expect(await inside(second)).toEqual([LEGACY]);
    expect((await migrate(second)).status).toBe(200);
  });

  test('keeps what the old User had, and is marked there', async () => {
    await start();
    const sid = await originalConversation();
    await stack.service.users(LEGACY).update({ attributes: '{"plan":"gold"}' });
    await migrate(sid);
    expect(await attributesOf(LEGACY)).toEqual({ plan: 'gold', migratedTo: visitor.identity });
  });

  test('goes on after an interruption', async () => {
    await start();
    const sid = await originalConversation();
    await stack.service
      .users(LEGACY)
      .update({ attributes: JSON.stringify({ migratedTo: visitor.identity }) });
    await stack.service.conversations(sid).participants.create({ identity: visitor.identity });
    expect((await migrate(sid)).status).toBe(200);
    expect(await inside(sid)).toEqual([visitor.identity]);
  });

  test('who comes second comes too late, at the same time too', async () => {
    await start();
    const sid = await originalConversation();
    const stranger = await newVisitor();
    const answers = await Promise.all([migrate(sid), migrate(sid, { ...stranger })]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 403]);
    expect(await inside(sid)).toHaveLength(1);
    expect(await inside(sid)).toEqual([answers.find(({ status }) => status === 200)?.body.identity]);
  });

  test('never gets a token for the old identity', async () => {
    await start();
    const sid = await originalConversation();
    const { body } = await migrate(sid);
    expect(Object.keys(body).sort()).toEqual(['conversation_sid', 'identity']);
    const { body: refusal } = await ask(stack, '/chat-widget', { identity: LEGACY, proof: visitor.proof });
    expect(refusal.error?.code).toBe('identity_malformed');
  });
});

describe('a migration is refused, in the same words,', () => {
  test.each<[string, () => Promise<string>]>([
    ['of no conversation', async () => `CH${'0'.repeat(32)}`],
    [
      'of a conversation of somebody else',
      () => originalConversation('0b7a54a1-6f38-4d0e-8c19-3d1f6a9b2c77'),
    ],
    [
      'of a conversation that somebody else created',
      async () => {
        const sid = await stack.newConversation();
        await stack.service.conversations(sid).participants.create({ identity: LEGACY });
        return sid;
      },
    ],
    [
      'of a conversation that the new identity is in already, and did not bring along',
      async () => {
        const sid = await stack.newConversation();
        await stack.service.conversations(sid).participants.create({ identity: visitor.identity });
        return sid;
      },
    ],
    [
      'of a conversation that is over',
      async () => {
        const sid = await originalConversation();
        await stack.service.conversations(sid).update({ state: 'closed' });
        return sid;
      },
    ],
  ])('%s', async (_what, make) => {
    await start();
    const sid = await make();
    expect(await migrate(sid)).toEqual(REFUSED);
  });
});

describe('a migration needs', () => {
  test.each<[string, Record<string, string>, string]>([
    ['an old identity', { legacy_identity: '' }, 'bad_request'],
    ['one of the original', { legacy_identity: 'agent1' }, 'bad_request'],
    ['one that cannot be proven', { legacy_identity: 'f2b2ab4f-0000-8000-8000-000000000000' }, 'bad_request'],
    ['a conversation', { legacy_conversation_sid: '../Users' }, 'bad_request'],
    ['a proof', { proof: '' }, 'proof_required'],
    ['the right proof', { proof: `s1.AQ${'A'.repeat(41)}` }, 'proof_invalid'],
    ['a new identity', { identity: LEGACY }, 'identity_malformed'],
  ])('%s', async (_what, changes, code) => {
    await start();
    const sid = await originalConversation();
    expect((await migrate(sid, changes)).body.error?.code).toBe(code);
    expect(await inside(sid)).toEqual([LEGACY]);
  });

  test.each<[string, Partial<Config>, string]>([
    ['to be in time', { legacyUntil: now() - 1 }, 'migration_refused'],
    ['the old identity not to be banned', { bannedIdentities: [LEGACY] }, 'banned'],
  ])('%s', async (_what, changes, code) => {
    await start(changes);
    const sid = await originalConversation();
    expect((await migrate(sid)).body.error?.code).toBe(code);
    expect(await inside(sid)).toEqual([LEGACY]);
  });

  test('to be allowed at all', async () => {
    stack = await startStack(parrot());
    const { body } = await migrate(`CH${'0'.repeat(32)}`);
    expect(body.error).toEqual({
      code: 'migration_refused',
      message: 'Conversations of the original cannot be brought along (any more): see LEGACY_UNTIL.',
    });
  });

  test('Twilio, and says so without a name', async () => {
    await start({ twilioApiBaseUrl: 'http://127.0.0.1:9' });
    const { status, body } = await migrate(`CH${'0'.repeat(32)}`);
    expect([status, body.error?.code]).toEqual([502, 'twilio_unavailable']);
    expect(stack.log()).not.toMatch(new RegExp(`${LEGACY}|${visitor.identity}`));
  });
});
