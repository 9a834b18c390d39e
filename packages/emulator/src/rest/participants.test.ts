import { describe, expect, it } from 'vitest';
import { ask, helperFor, refusal, scoped, scopes, startForTest } from '../testing/start.js';

describe.each(scopes)('participants below the %s prefix', (scope) => {
  async function setUp() {
    const started = await startForTest();
    const { conversations } = scoped(helperFor(started), started, scope);
    const { sid } = await conversations.create({});
    return { started, sid, participants: conversations(sid).participants };
  }

  it('are added once each, with a role', async () => {
    const { participants, sid } = await setUp();
    const added = await participants.create({ identity: 'visitor-42', attributes: '{"vip":true}' });
    expect(added).toMatchObject({
      sid: expect.stringMatching(/^MB[0-9a-f]{32}$/),
      conversationSid: sid,
      identity: 'visitor-42',
      attributes: '{"vip":true}',
      messagingBinding: null,
      roleSid: expect.stringMatching(/^RL[0-9a-f]{32}$/),
      lastReadMessageIndex: null,
      lastReadTimestamp: null,
    });
    expect(await refusal(participants.create({ identity: 'visitor-42' }))).toMatchObject({
      status: 409,
      code: 50433,
    });
  });

  it('are fetched, changed and removed by SID and by identity', async () => {
    const { participants } = await setUp();
    const { sid } = await participants.create({ identity: 'visitor-42' });
    expect((await participants(sid).fetch()).identity).toBe('visitor-42');
    expect((await participants('visitor-42').fetch()).sid).toBe(sid);
    const read = await participants('visitor-42').update({ lastReadMessageIndex: 3, attributes: '{"a":1}' });
    expect(read).toMatchObject({ lastReadMessageIndex: 3, attributes: '{"a":1}' });
    expect(read.lastReadTimestamp).toMatch(/Z$/);
    expect(await participants('visitor-42').remove()).toBe(true);
    expect(await refusal(participants(sid).fetch())).toMatchObject({ status: 404, code: 20404 });
  });

  it('are found by identities that a path must spell otherwise', async () => {
    const { participants } = await setUp();
    for (const identity of ['ann@example.com', 'ünï', 'a%2Fb', 'x&y=z+1']) {
      const { sid } = await participants.create({ identity });
      expect((await participants(encodeURIComponent(identity)).fetch()).sid).toBe(sid);
    }
  });

  it('are listed in the order they came', async () => {
    const { participants } = await setUp();
    for (const identity of ['c', 'a', 'b']) await participants.create({ identity });
    expect((await participants.list()).map(({ identity }) => identity)).toEqual(['c', 'a', 'b']);
  });

  it('are refused by the name of the wrong parameter', async () => {
    const { participants } = await setUp();
    const messageFor = async (params: Parameters<typeof participants.create>[0]) =>
      (await refusal(participants.create(params))).message;
    expect(await messageFor({})).toContain('Identity is missing');
    expect(await messageFor({ identity: 'x'.repeat(257) })).toContain('Identity is longer');
    expect(await messageFor({ identity: 'x', roleSid: `RL${'0'.repeat(32)}` })).toContain('RoleSid');
    expect(await messageFor({ 'messagingBinding.address': '+15005550006' })).toContain(
      'ProxyAddress is missing',
    );
  });
});

describe.each(scopes)('participants of other channels below the %s prefix', (scope) => {
  const sms = { 'messagingBinding.address': '+15005550006', 'messagingBinding.proxyAddress': '+15005550001' };

  async function setUp() {
    const started = await startForTest();
    const { conversations } = scoped(helperFor(started), started, scope);
    const { sid } = await conversations.create({});
    return { conversation: conversations(sid), participants: conversations(sid).participants };
  }

  it('are kept and shown by their addresses', async () => {
    const { participants } = await setUp();
    const { sid } = await participants.create({ ...sms, attributes: '{"vip":true}' });
    const binding = { type: 'sms', address: '+15005550006', proxy_address: '+15005550001' };
    const shown = { sid, identity: null, messagingBinding: binding, attributes: '{"vip":true}' };
    expect(await participants(sid).fetch()).toMatchObject(shown);
    expect(await participants.list()).toMatchObject([shown]);
    expect(await participants(sid).remove()).toBe(true);
    expect(await participants.list()).toEqual([]);
  });

  it('are the authors of what is written under their address', async () => {
    const { conversation, participants } = await setUp();
    const { sid } = await participants.create(sms);
    const message = await conversation.messages.create({ author: '+15005550006', body: 'By text' });
    expect(message).toMatchObject({ author: '+15005550006', participantSid: sid });
  });

  it('have each pair of addresses once in a conversation', async () => {
    const { participants } = await setUp();
    const { sid } = await participants.create(sms);
    expect(await refusal(participants.create(sms))).toMatchObject({ status: 409, code: 50416 });
    await participants.create({ ...sms, 'messagingBinding.proxyAddress': '+15005550002' });
    await participants(sid).remove();
    await participants.create(sms);
  });

  it('are at most 50', async () => {
    const { participants } = await setUp();
    const at = (last: number) => ({
      ...sms,
      'messagingBinding.address': `+1500555${String(last).padStart(4, '0')}`,
    });
    for (let last = 100; last < 150; last += 1) await participants.create(at(last));
    expect(await refusal(participants.create(at(150)))).toMatchObject({ status: 400, code: 50422 });
    await participants.create({ identity: 'somebody-with-an-sdk' });
  });

  it('are refused when their binding is none', async () => {
    const { participants } = await setUp();
    const refused = async (params: Parameters<typeof participants.create>[0]) => {
      const { status, code, message } = await refusal(participants.create(params));
      expect([status, code]).toEqual([400, 50407]);
      return message;
    };
    expect(await refused({ ...sms, identity: 'both' })).toContain('not both');
    expect(await refused({ ...sms, 'messagingBinding.address': 'bob' })).toContain('Address is no phone');
    expect(await refused({ ...sms, 'messagingBinding.address': 'whatsapp:+15005550006' })).toContain(
      'Address is of whatsapp and ProxyAddress of sms',
    );
    expect(await refused({ ...sms, 'messagingBinding.address': '+15005550001' })).toContain('the same');
    expect(await refused({ 'messagingBinding.projectedAddress': '+15005550001' })).toContain(
      'Address is missing',
    );
  });
});

describe('a participant', () => {
  it('is shown with all fields of the API', async () => {
    const started = await startForTest();
    const { conversations } = helperFor(started).conversations.v1;
    const { sid } = await conversations.create({});
    await conversations(sid).participants.create({ identity: 'a' });
    const body = (await (await ask(started, `/v1/Conversations/${sid}/Participants/a`)).json()) as object;
    const fields =
      'sid account_sid conversation_sid identity attributes messaging_binding role_sid date_created date_updated url last_read_message_index last_read_timestamp';
    expect(Object.keys(body).sort()).toEqual(fields.split(' ').sort());
  });
});

describe.each(scopes)('roles of participants below the %s prefix', (scope) => {
  it('are refused when they are none of a conversation, an empty one too, and nothing is stored', async () => {
    const started = await startForTest();
    const { conversations } = scoped(helperFor(started), started, scope);
    const { participants } = conversations((await conversations.create({})).sid);
    const { roleSid } = await participants.create({ identity: 'ann' });
    const roles = await scoped(helperFor(started), started, scope).roles.list();
    const ofService = roles.find(({ type }) => type === 'service')?.sid ?? '';
    const sms = {
      'messagingBinding.address': '+15005550006',
      'messagingBinding.proxyAddress': '+15005550001',
    };
    for (const wrong of ['', ofService, `RL${'0'.repeat(32)}`]) {
      const named = { status: 400, code: 20001, message: expect.stringContaining('RoleSid') };
      expect(await refusal(participants.create({ identity: 'bob', roleSid: wrong }))).toMatchObject(named);
      expect(await refusal(participants.create({ ...sms, roleSid: wrong }))).toMatchObject(named);
      expect(await refusal(participants('ann').update({ roleSid: wrong }))).toMatchObject(named);
    }
    const present = await participants.list();
    expect(present.map((one) => [one.identity, one.roleSid])).toEqual([['ann', roleSid]]);
  });
});
