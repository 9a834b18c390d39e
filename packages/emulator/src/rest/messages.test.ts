import { describe, expect, it } from 'vitest';
import { ask, helperFor, refusal, scoped, scopes, startForTest } from '../testing/start.js';

describe.each(scopes)('messages below the %s prefix', (scope) => {
  async function setUp() {
    const started = await startForTest();
    const { conversations } = scoped(helperFor(started), started, scope);
    const { sid } = await conversations.create({});
    return { started, conversation: conversations(sid), sid, conversations };
  }

  it('are from system, in order, with the defaults of the service', async () => {
    const { conversation, sid } = await setUp();
    const first = await conversation.messages.create({ body: 'Hi & bye' });
    const second = await conversation.messages.create({ body: 'again' });
    expect(first).toMatchObject({
      sid: expect.stringMatching(/^IM[0-9a-f]{32}$/),
      conversationSid: sid,
      index: 0,
      author: 'system',
      body: 'Hi & bye',
      media: null,
      attributes: '{}',
      participantSid: null,
      delivery: null,
      contentSid: null,
    });
    expect(first.links).toEqual({
      delivery_receipts: `${first.url}/Receipts`,
      channel_metadata: `${first.url}/ChannelMetadata`,
    });
    expect(second.index).toBe(1);
  });

  it('name the participant who is their author', async () => {
    const { conversation } = await setUp();
    const { sid } = await conversation.participants.create({ identity: 'bot' });
    const message = await conversation.messages.create({ author: 'bot', body: 'Hello' });
    expect(message).toMatchObject({ author: 'bot', participantSid: sid });
  });

  it('are fetched, changed and removed by SID', async () => {
    const { conversation } = await setUp();
    const { sid } = await conversation.messages.create({ body: 'first', attributes: '{"a": 1}' });
    expect((await conversation.messages(sid).fetch()).body).toBe('first');
    const changed = await conversation.messages(sid).update({ body: 'second', author: 'clerk' });
    expect(changed).toMatchObject({ body: 'second', author: 'clerk', attributes: '{"a": 1}' });
    expect(await conversation.messages(sid).remove()).toBe(true);
    expect(await refusal(conversation.messages(sid).fetch())).toMatchObject({ status: 404, code: 20404 });
    expect((await conversation.messages.create({ body: 'third' })).index).toBe(1);
  });

  it('are listed upwards, or downwards on request', async () => {
    const { conversation } = await setUp();
    for (const body of ['a', 'b', 'c']) await conversation.messages.create({ body });
    expect((await conversation.messages.list()).map(({ body }) => body)).toEqual(['a', 'b', 'c']);
    const down = await conversation.messages.list({ order: 'desc', pageSize: 2 });
    expect(down.map(({ body }) => body)).toEqual(['c', 'b', 'a']);
  });

  it('are found in their own conversation only', async () => {
    const { conversation, conversations } = await setUp();
    const { sid } = await conversation.messages.create({ body: 'private' });
    const other = await conversations.create({});
    const elsewhere = conversations(other.sid).messages(sid);
    expect(await refusal(elsewhere.fetch())).toMatchObject({ status: 404 });
    expect(await refusal(elsewhere.update({ body: 'x' }))).toMatchObject({ status: 404 });
    expect(await refusal(elsewhere.remove())).toMatchObject({ status: 404 });
  });

  it('are refused when something is wrong with them', async () => {
    const { conversation } = await setUp();
    const refused = async (params: Parameters<typeof conversation.messages.create>[0]) =>
      refusal(conversation.messages.create(params));
    expect(await refused({ body: 'x'.repeat(32 * 1024 + 1) })).toMatchObject({ status: 400, code: 50504 });
    expect(await refused({ body: 'x', attributes: '{}}' })).toMatchObject({ status: 400, code: 20001 });
    const media = await refused({ mediaSid: `ME${'0'.repeat(32)}` });
    expect(media).toMatchObject({ status: 400, code: 20001 });
    expect(media.message).toContain('MediaSid');
  });

  it('keep every character of what was sent', async () => {
    const { conversation } = await setUp();
    const body = 'Ünïcödé 👋🏽 & = + % \u0000 "quotes"\r\n<b>';
    const { sid } = await conversation.messages.create({ body });
    expect((await conversation.messages(sid).fetch()).body).toBe(body);
  });
});

describe('a message', () => {
  it('names its service only where the path does', async () => {
    const started = await startForTest();
    const { conversations } = helperFor(started).conversations.v1;
    const { sid } = await conversations.create({});
    await conversations(sid).messages.create({ body: 'hello' });
    const fieldsAt = async (path: string) => {
      const body = (await (await ask(started, path)).json()) as { messages: object[] };
      return Object.keys(body.messages[0]!).sort();
    };
    const fields =
      'sid account_sid conversation_sid index author body media attributes participant_sid date_created date_updated delivery url links content_sid'.split(
        ' ',
      );
    expect(await fieldsAt(`/v1/Conversations/${sid}/Messages`)).toEqual(fields.sort());
    const { serviceSid } = started.emulator.credentials;
    expect(await fieldsAt(`/v1/Services/${serviceSid}/Conversations/${sid}/Messages`)).toEqual(
      [...fields, 'chat_service_sid'].sort(),
    );
  });
});
