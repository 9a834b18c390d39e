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
      'MessagingBinding.Address is not supported',
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
