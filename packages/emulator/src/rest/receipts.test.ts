import { describe, expect, it } from 'vitest';
import { startReceiver } from '../testing/receiver.js';
import { ask, helperFor, refusal, scoped, scopes, startForTest } from '../testing/start.js';

describe.each(scopes)('delivery receipts below the %s prefix', (scope) => {
  async function setUp() {
    const started = await startForTest();
    const { conversations } = scoped(helperFor(started), started, scope);
    const { sid } = await conversations.create({});
    const conversation = conversations(sid);
    const add = (address: string) =>
      conversation.participants.create({
        'messagingBinding.address': address,
        'messagingBinding.proxyAddress': '+15005550001',
      });
    const [one, two] = [await add('+15005550006'), await add('+15005550007')];
    return { started, conversation, one, two };
  }

  it('are one for each participant of another channel but the author', async () => {
    const { conversation, one, two } = await setUp();
    const message = await conversation.messages.create({ body: 'to both' });
    const all = {
      total: 2,
      sent: 'all',
      delivered: 'none',
      read: 'none',
      failed: 'none',
      undelivered: 'none',
    };
    expect(message.delivery).toEqual(all);
    const receipts = await conversation.messages(message.sid).deliveryReceipts.list();
    expect(receipts.map(({ participantSid, status }) => [participantSid, status])).toEqual([
      [one.sid, 'sent'],
      [two.sid, 'sent'],
    ]);
    const first = receipts[0]!;
    expect(first).toMatchObject({
      sid: expect.stringMatching(/^DY[0-9a-f]{32}$/),
      messageSid: message.sid,
      errorCode: 0,
    });
    expect(await conversation.messages(message.sid).deliveryReceipts(first.sid).fetch()).toMatchObject({
      sid: first.sid,
      url: first.url,
    });
    const own = await conversation.messages.create({ author: '+15005550006', body: 'from one of them' });
    expect(own.delivery).toMatchObject({ total: 1 });
  });

  it('are none where everybody has an SDK', async () => {
    const { conversation, one, two } = await setUp();
    for (const { sid } of [one, two]) await conversation.participants(sid).remove();
    await conversation.participants.create({ identity: 'alice' });
    const message = await conversation.messages.create({ body: 'hello' });
    expect(message.delivery).toBeNull();
    expect(await conversation.messages(message.sid).deliveryReceipts.list()).toEqual([]);
  });

  it('are found below their own message only', async () => {
    const { conversation } = await setUp();
    const message = await conversation.messages.create({ body: 'one' });
    const other = await conversation.messages.create({ body: 'two' });
    const [receipt] = await conversation.messages(message.sid).deliveryReceipts.list();
    const elsewhere = conversation.messages(other.sid).deliveryReceipts(receipt!.sid);
    expect(await refusal(elsewhere.fetch())).toMatchObject({ status: 404, code: 20404 });
  });

  it('move forward on order, together with the message and its webhooks', async () => {
    const { started, conversation, one } = await setUp();
    const receiver = await startReceiver();
    const { configuration } = helperFor(started).conversations.v1;
    await configuration
      .webhooks()
      .update({ postWebhookUrl: `${receiver.url}/hook`, filters: ['onDeliveryUpdated'] });
    const message = await conversation.messages.create({ body: 'to both' });
    const { deliver } = started.emulator;
    expect(deliver({ messageSid: message.sid, participantSid: one.sid, status: 'read' })).toBe(1);
    expect(deliver({ messageSid: message.sid, status: 'undelivered', errorCode: 30003 })).toBe(1);
    expect((await conversation.messages(message.sid).fetch()).delivery).toEqual({
      ...{ total: 2, sent: 'all', delivered: 'some', read: 'some', failed: 'none', undelivered: 'some' },
    });
    await receiver.count(2);
    const { fields, signed } = receiver.received[1]!;
    const [, second] = await conversation.messages(message.sid).deliveryReceipts.list();
    expect(second).toMatchObject({ status: 'undelivered', errorCode: 30003 });
    expect(signed(started.emulator.credentials.authToken)).toBe(true);
    expect(fields).toEqual({
      AccountSid: started.emulator.credentials.accountSid,
      ChatServiceSid: started.emulator.credentials.serviceSid,
      EventType: 'onDeliveryUpdated',
      Source: 'API',
      RetryCount: '0',
      ConversationSid: message.conversationSid,
      MessageSid: message.sid,
      DeliveryReceiptSid: second!.sid,
      ChannelMessageSid: second!.channelMessageSid,
      ParticipantSid: second!.participantSid,
      Status: 'undelivered',
      ErrorCode: '30003',
      DateCreated: expect.stringMatching(/\.\d{3}Z$/),
      DateUpdated: expect.stringMatching(/\.\d{3}Z$/),
    });
  });

  it('never go back', async () => {
    const { started, conversation, one } = await setUp();
    const message = await conversation.messages.create({ body: 'to both' });
    const report = { messageSid: message.sid, participantSid: one.sid };
    started.emulator.deliver({ ...report, status: 'delivered' });
    expect(started.emulator.deliver({ ...report, status: 'delivered' })).toBe(0);
    for (const status of ['sent', 'failed', 'undelivered'] as const) {
      expect(() => started.emulator.deliver({ ...report, status })).toThrow(
        `a receipt that is delivered can not become ${status}`,
      );
    }
    // Without a participant, those who can still get there do.
    expect(started.emulator.deliver({ messageSid: message.sid, status: 'failed' })).toBe(1);
  });
});

describe('orders in the name of other channels', () => {
  it('keep nothing that is no JSON', async () => {
    const started = await startForTest();
    const { conversations } = helperFor(started).conversations.v1;
    const { sid } = await conversations.create({});
    const { sid: messageSid } = await conversations(sid).messages.create({ body: 'hello' });
    const round: { round?: unknown } = {};
    round.round = round;
    for (const data of [1n, () => 1, round, Number.NaN, new Date(), [undefined], Symbol('x')]) {
      expect(() => started.emulator.setChannelMetadata({ messageSid, type: 'x', data })).toThrow(
        'data must be JSON',
      );
    }
    const data = { a: [1, null, { b: 'ü' }], ['__proto__']: 'own' };
    started.emulator.setChannelMetadata({ messageSid, type: 'x', data });
    expect(started.domain.store.messages.bySid(messageSid)?.channelMetadata).toEqual({ type: 'x', data });
  });
});

describe('orders in the name of other channels over HTTP', () => {
  const post = (started: Awaited<ReturnType<typeof startForTest>>, path: string, body: unknown) =>
    ask(started, `/_emulator/${path}`, { method: 'POST', body: JSON.stringify(body) });

  it('are carried out', async () => {
    const started = await startForTest();
    const { conversations } = helperFor(started).conversations.v1;
    const { sid } = await conversations.create({});
    await conversations(sid).participants.create({
      'messagingBinding.address': 'ann@example.com',
      'messagingBinding.proxyAddress': 'shop@example.com',
    });
    const message = await conversations(sid).messages.create({ body: 'hello' });
    const report = { messageSid: message.sid, status: 'delivered' };
    expect(await (await post(started, 'delivery', report)).json()).toEqual({ ok: true, receipts: 1 });
    const metadata = { messageSid: message.sid, type: 'whatsapp', data: { context: null } };
    expect(await (await post(started, 'channel-metadata', metadata)).json()).toEqual({ ok: true });
  });

  it('name what they cannot read', async () => {
    const started = await startForTest();
    const messageSid = `IM${'0'.repeat(32)}`;
    const cases: [string, unknown, string][] = [
      ['delivery', 'x', 'must be one JSON object'],
      ['delivery', { messageSid, status: 'seen' }, 'status must be one of sent, delivered'],
      ['delivery', { messageSid: 'x', status: 'read' }, 'messageSid must be a SID'],
      ['delivery', { messageSid, status: 'read' }, 'messageSid is of no message'],
      ['delivery', { messageSid, status: 'read', participant: 'x' }, 'participant is not a field'],
      ['delivery', { messageSid, status: 'failed', errorCode: -1 }, 'errorCode must be'],
      ['delivery', { messageSid, status: 'failed', errorCode: 1e300 }, 'errorCode must be'],
      ['channel-metadata', { messageSid, type: '', data: 1 }, 'type must be a text'],
      ['channel-metadata', { messageSid, type: '\ud800', data: 1 }, 'half a surrogate pair'],
      ['channel-metadata', { messageSid, type: 'x' }, 'data is missing'],
    ];
    for (const [path, body, sentence] of cases) {
      const reply = await post(started, path, body);
      expect(reply.status).toBe(400);
      expect(((await reply.json()) as { message: string }).message).toContain(sentence);
    }
    const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
    const reply = await ask(started, '/_emulator/channel-metadata', {
      ...{ method: 'POST', body: `{"messageSid":"${messageSid}","type":"x","data":${deep}}` },
    });
    expect([reply.status, await reply.text()]).toEqual([400, expect.stringContaining('levels deep')]);
    const get = await ask(started, '/_emulator/delivery');
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
  });
});
