import { describe, expect, it } from 'vitest';
import { startReceiver } from '../testing/receiver.js';
import { ask, helperFor, refusal, scoped, scopes, startForTest } from '../testing/start.js';

describe.each(scopes)('a conversation with participants below the %s prefix', (scope) => {
  async function setUp() {
    const started = await startForTest();
    const { conversationWithParticipants, conversations } = scoped(helperFor(started), started, scope);
    return {
      started,
      conversations,
      create: conversationWithParticipants.create.bind(conversationWithParticipants),
    };
  }
  const json = (...participants: unknown[]) => participants.map((one) => JSON.stringify(one));

  it('has everybody in it from the start, in order, by identity or by address', async () => {
    const { create, conversations } = await setUp();
    const made = await create({
      friendlyName: 'Trip',
      uniqueName: 'trip',
      attributes: '{"to":"sea"}',
      'timers.inactive': 'PT5M',
      participant: json(
        { identity: 'ann', attributes: '{"vip":true}' },
        { messaging_binding: { address: '+15005550006', proxy_address: '+15005550001' } },
        { identity: 'bob' },
      ),
    });
    expect(made).toMatchObject({
      sid: expect.stringMatching(/^CH[0-9a-f]{32}$/),
      friendlyName: 'Trip',
      uniqueName: 'trip',
      attributes: '{"to":"sea"}',
      state: 'active',
      timers: { date_inactive: expect.any(String) },
    });
    const there = await conversations(made.sid).participants.list();
    expect(there.map(({ identity, messagingBinding }) => identity ?? messagingBinding.address)).toEqual([
      'ann',
      '+15005550006',
      'bob',
    ]);
    expect(there[0]?.attributes).toBe('{"vip":true}');
  });

  it('may have nobody in it, or ten, and not eleven', async () => {
    const { create, conversations } = await setUp();
    const many = (count: number) =>
      json(...Array.from({ length: count }, (_, nth) => ({ identity: `u${nth}` })));
    const empty = await create({});
    expect(await conversations(empty.sid).participants.list()).toEqual([]);
    const full = await create({ participant: many(10) });
    expect(await conversations(full.sid).participants.list()).toHaveLength(10);
    expect(await refusal(create({ participant: many(11) }))).toMatchObject({ status: 400, code: 50426 });
    expect(await conversations.list()).toHaveLength(2);
  });

  it.each<[string, unknown, string]>([
    ['no JSON', '{', 'not a JSON object'],
    ['a list', [], 'not a JSON object'],
    ['nobody', {}, 'either an identity or a messaging_binding'],
    ['two at once', { identity: 'x', messaging_binding: {} }, 'either an identity or a messaging_binding'],
    ['an identity that is no text', { identity: 7 }, 'identity is not a string'],
    ['an empty identity', { identity: '' }, 'Identity is empty'],
    ['somebody who is there', { identity: 'ann' }, 'Participant already exists'],
    ['half a binding', { messaging_binding: { address: '+15005550006' } }, 'ProxyAddress is missing'],
    ['a binding that is none', { messaging_binding: 'sms' }, 'messaging_binding is not an object'],
    ['a role that is none', { identity: 'x', role_sid: 'RL1' }, 'RoleSid is not'],
    ['attributes that are none', { identity: 'x', attributes: '{' }, 'valid JSON'],
    ['a field we do not obey', { identity: 'x', date_created: '2026-01-01T00:00:00Z' }, 'date_created'],
  ])('is not created for %s, and says which participant is wrong', async (_, wrong, why) => {
    const { create, conversations, started } = await setUp();
    const participant = [
      ...json({ identity: 'ann' }),
      typeof wrong === 'string' ? wrong : JSON.stringify(wrong),
    ];
    const said = await refusal(create({ uniqueName: 'trip', participant }));
    expect(said).toMatchObject({ status: 400, code: 50427 });
    expect(said.message).toContain('Participant 2: ');
    expect(said.message).toContain(why);
    expect(await conversations.list()).toEqual([]);
    expect(await scoped(helperFor(started), started, scope).users.list()).toEqual([]);
  });

  it('is refused as any conversation is for what is wrong with itself', async () => {
    const { create } = await setUp();
    await create({ uniqueName: 'trip' });
    expect(await refusal(create({ uniqueName: 'trip' }))).toMatchObject({ status: 409, code: 50353 });
    expect(await refusal(create({ state: 'closed' }))).toMatchObject({ status: 400, code: 50384 });
    expect(await refusal(create({ state: 'initializing' }))).toMatchObject({ status: 400, code: 20001 });
  });
});

it('a conversation with participants is told to webhooks on request, one event each', async () => {
  const started = await startForTest();
  const receiver = await startReceiver();
  const { conversations } = helperFor(started);
  await conversations.v1.configuration.webhooks().update({
    postWebhookUrl: receiver.url,
    filters: ['onConversationAdded', 'onParticipantAdded'],
  });
  const participant = ['{"identity":"ann"}', '{"identity":"bob"}'];
  await conversations.v1.conversationWithParticipants.create({ participant });
  await conversations.v1.conversationWithParticipants.create({ participant, xTwilioWebhookEnabled: 'true' });
  await receiver.count(3);
  const told = receiver.received.map(({ fields }) => [fields.EventType, fields.Identity]);
  expect(told).toEqual([
    ['onConversationAdded', undefined],
    ['onParticipantAdded', 'ann'],
    ['onParticipantAdded', 'bob'],
  ]);
});

it('a conversation with participants is made over POST only', async () => {
  const started = await startForTest();
  expect((await ask(started, '/v1/ConversationWithParticipants')).status).toBe(405);
});
