import { describe, expect, it } from 'vitest';
import { startReceiver } from '../testing/receiver.js';
import { helperFor, refusal, scoped, scopes, startForTest } from '../testing/start.js';

describe.each(scopes)('users below the %s prefix', (scope) => {
  async function setUp() {
    const started = await startForTest();
    const { users, roles, conversations } = scoped(helperFor(started), started, scope);
    return { users, roles, conversations };
  }

  it('are created, changed and deleted', async () => {
    const { users, roles } = await setUp();
    const admin = (await roles.list()).find(({ friendlyName }) => friendlyName === 'service admin')!.sid;
    const user = await users.create({ identity: 'ann', friendlyName: 'Ann', attributes: '{"a": 1}' });
    expect(user).toMatchObject({ identity: 'ann', friendlyName: 'Ann', attributes: '{"a": 1}' });
    const changed = await users('ann').update({ roleSid: admin, attributes: '{}' });
    expect(changed).toMatchObject({ sid: user.sid, friendlyName: 'Ann', roleSid: admin, attributes: '{}' });
    expect(await users(user.sid).remove()).toBe(true);
    expect(await refusal(users(user.sid).fetch())).toMatchObject({ status: 404, code: 20404 });
    expect(await refusal(users(user.sid).update({}))).toMatchObject({ status: 404 });
    expect((await users.create({ identity: 'ann' })).sid).not.toBe(user.sid);
  });

  it('are refused by what is wrong', async () => {
    const { users, roles } = await setUp();
    await users.create({ identity: 'ann' });
    expect(await refusal(users.create({ identity: 'ann' }))).toMatchObject({ status: 409, code: 50201 });
    expect(await refusal(users.create({ identity: 'x'.repeat(257) }))).toMatchObject({ status: 400 });
    const ofConversation = (await roles.list()).find(({ type }) => type === 'conversation')!.sid;
    for (const roleSid of [ofConversation, `RL${'0'.repeat(32)}`]) {
      const { message } = await refusal(users('ann').update({ roleSid }));
      expect(message).toContain('RoleSid is not the SID of a service role');
    }
    const long = JSON.stringify('x'.repeat(4095));
    expect(await refusal(users('ann').update({ attributes: long }))).toMatchObject({ code: 50303 });
    expect((await users.list()).map(({ identity }) => identity)).toEqual(['ann']);
  });

  it('take their memberships with them, and leave their messages', async () => {
    const { users, conversations } = await setUp();
    const { sid } = await conversations.create({});
    await conversations(sid).participants.create({ identity: 'ann' });
    await conversations(sid).messages.create({ author: 'ann', body: 'hi' });
    await users('ann').remove();
    expect(await conversations(sid).participants.list()).toEqual([]);
    expect((await conversations(sid).messages.list()).map(({ body }) => body)).toEqual(['hi']);
  });
});

describe('webhooks about users', () => {
  it('are told of additions and updates when the request asks for it', async () => {
    const started = await startForTest();
    const receiver = await startReceiver();
    const { v1 } = helperFor(started).conversations;
    await v1.configuration.webhooks().update({
      postWebhookUrl: receiver.url,
      filters: ['onUserAdded', 'onUserUpdated'],
    });
    await v1.users.create({ identity: 'quiet' });
    await v1.users.create({ identity: 'ann', friendlyName: 'Ann', xTwilioWebhookEnabled: 'true' });
    await v1.users('ann').update({ friendlyName: 'Anna', xTwilioWebhookEnabled: 'true' });
    await started.webhooks.idle();
    expect(
      receiver.received.map(({ fields }) => [fields.EventType, fields.Identity, fields.FriendlyName]),
    ).toEqual([
      ['onUserAdded', 'ann', 'Ann'],
      ['onUserUpdated', 'ann', 'Anna'],
    ]);
  });
});
