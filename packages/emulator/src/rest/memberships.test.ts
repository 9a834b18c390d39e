import { describe, expect, it } from 'vitest';
import { ask, helperFor, refusal, scoped, scopes, startForTest } from '../testing/start.js';

describe.each(scopes)('what a user takes part in, below the %s prefix', (scope) => {
  async function setUp() {
    const started = await startForTest();
    const { conversations, users, participantConversations } = scoped(helperFor(started), started, scope);
    const made = [];
    for (const friendlyName of ['first', 'second']) {
      const { sid } = await conversations.create({ friendlyName, uniqueName: `${friendlyName}-one` });
      const participant = await conversations(sid).participants.create({ identity: 'ann' });
      for (const body of ['0', '1', '2']) await conversations(sid).messages.create({ body });
      made.push({ sid, participantSid: participant.sid });
    }
    const [first, second] = made;
    return { started, conversations, users, participantConversations, first: first!, second: second! };
  }

  it('is listed with what is unread, and fetched by SID and by unique name', async () => {
    const { users, conversations, first, second } = await setUp();
    await conversations(first.sid).participants('ann').update({ lastReadMessageIndex: 0 });
    const { sid } = await users('ann').fetch();
    const rows = await users('ann').userConversations.list();
    expect(
      rows.map(({ conversationSid, unreadMessagesCount, lastReadMessageIndex }) => [
        conversationSid,
        unreadMessagesCount,
        lastReadMessageIndex,
      ]),
    ).toEqual([
      [first.sid, 2, 0],
      [second.sid, null, null],
    ]);
    const one = await users(sid).userConversations('second-one').fetch();
    expect(one).toMatchObject({
      conversationSid: second.sid,
      participantSid: second.participantSid,
      userSid: sid,
      friendlyName: 'second',
      uniqueName: 'second-one',
      conversationState: 'active',
      notificationLevel: 'default',
      createdBy: 'system',
      timers: {},
    });
  });

  it('is changed as the user would, and left', async () => {
    const { users, conversations, first } = await setUp();
    const membership = users('ann').userConversations(first.sid);
    const changed = await membership.update({
      notificationLevel: 'muted',
      lastReadMessageIndex: 1,
      lastReadTimestamp: new Date('2026-11-22T10:00:00Z'),
    });
    expect(changed).toMatchObject({
      notificationLevel: 'muted',
      lastReadMessageIndex: 1,
      unreadMessagesCount: 1,
    });
    const participant = await conversations(first.sid).participants('ann').fetch();
    expect(participant.lastReadTimestamp).toBe('2026-11-22T10:00:00Z');
    expect(await membership.remove()).toBe(true);
    expect(await conversations(first.sid).participants.list()).toEqual([]);
    for (const again of [membership.fetch(), membership.remove(), membership.update({})]) {
      expect(await refusal(again)).toMatchObject({ status: 404, code: 20404 });
    }
  });

  it('refuses by name what is no date or level', async () => {
    const { started, first } = await setUp();
    const url = `/v1/Users/ann/Conversations/${first.sid}`;
    const post = async (body: string) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const answer = await ask(started, url, { method: 'POST', body, headers });
      return [answer.status, ((await answer.json()) as { message: string }).message];
    };
    for (const date of ['yesterday', '2026', '2026-99-99T00:00:00Z', '']) {
      expect(await post(`LastReadTimestamp=${date}`)).toEqual([
        400,
        expect.stringContaining('LastReadTimestamp is not an ISO 8601 date'),
      ]);
    }
    expect(await post('NotificationLevel=loud')).toEqual([400, expect.stringContaining('default, muted')]);
  });

  it('is found by identity, page by page', async () => {
    const { participantConversations, first, second } = await setUp();
    const rows = await participantConversations.list({ identity: 'ann', pageSize: 1 });
    expect(rows.map(({ conversationSid }) => conversationSid)).toEqual([first.sid, second.sid]);
    expect(rows[0]).toMatchObject({
      participantSid: first.participantSid,
      participantIdentity: 'ann',
      participantUserSid: expect.stringMatching(/^US/),
      participantMessagingBinding: null,
      conversationFriendlyName: 'first',
      conversationUniqueName: 'first-one',
      conversationState: 'active',
      conversationTimers: {},
    });
    expect(await participantConversations.list({ identity: 'nobody' })).toEqual([]);
    expect(await participantConversations.list({ address: '+15005550006' })).toEqual([]);
    for (const params of [{}, { identity: 'ann', address: '+15005550006' }]) {
      expect(await refusal(participantConversations.list(params))).toMatchObject({ status: 400 });
    }
  });
});
