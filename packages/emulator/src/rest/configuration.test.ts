import { describe, expect, it } from 'vitest';
import { addConversation } from '../conversations/add-conversation.js';
import { addParticipant } from '../conversations/add-participant.js';
import { ensureUser } from '../conversations/ensure-user.js';
import { helperFor, refusal, scoped, scopes, startForTest } from '../testing/start.js';

const url = 'http://127.0.0.1:4000/hook';

describe('the configuration', () => {
  it('names the one service', async () => {
    const started = await startForTest();
    const { v1 } = helperFor(started).conversations;
    const { accountSid, serviceSid } = started.emulator.credentials;
    const base = `${started.emulator.restUrl}/v1`;
    expect(await v1.configuration().fetch()).toMatchObject({
      accountSid,
      defaultChatServiceSid: serviceSid,
      defaultInactiveTimer: null,
      defaultClosedTimer: null,
      url: `${base}/Configuration`,
      links: { service: `${base}/Services/${serviceSid}`, webhooks: `${base}/Configuration/Webhooks` },
    });
    expect(await v1.configuration().update({ defaultChatServiceSid: serviceSid })).toMatchObject({
      accountSid,
    });
    const other = v1.configuration().update({ defaultChatServiceSid: `IS${'0'.repeat(32)}` });
    expect((await refusal(other)).message).toContain('DefaultChatServiceSid');
  });

  it('of the service names its default roles', async () => {
    const started = await startForTest();
    const { serviceSid } = started.emulator.credentials;
    const role = expect.stringMatching(/^RL[0-9a-f]{32}$/);
    const service = helperFor(started).conversations.v1.services(serviceSid);
    expect(await service.configuration().fetch()).toMatchObject({
      chatServiceSid: serviceSid,
      defaultConversationCreatorRoleSid: role,
      defaultConversationRoleSid: role,
      defaultChatServiceRoleSid: role,
      reachabilityEnabled: false,
    });
  });
});

describe('webhook configurations', () => {
  it('are unset at first, and kept apart for account and service', async () => {
    const started = await startForTest();
    const { v1 } = helperFor(started).conversations;
    const { serviceSid } = started.emulator.credentials;
    const global = v1.configuration.webhooks();
    const service = v1.services(serviceSid).configuration.webhooks();
    const unset = { preWebhookUrl: null, postWebhookUrl: null, filters: null, method: null };
    expect(await global.fetch()).toMatchObject({ ...unset, target: null });
    expect(await service.fetch()).toMatchObject({ ...unset, chatServiceSid: serviceSid });

    await global.update({ postWebhookUrl: url, filters: ['onUserAdded'], method: 'GET', target: 'webhook' });
    await service.update({ postWebhookUrl: `${url}?s`, filters: ['onConversationAdded', 'onMessageAdded'] });
    expect(await global.fetch()).toMatchObject({
      postWebhookUrl: url,
      filters: ['onUserAdded'],
      method: 'GET',
      target: 'webhook',
    });
    expect(await service.fetch()).toMatchObject({
      postWebhookUrl: `${url}?s`,
      filters: ['onConversationAdded', 'onMessageAdded'],
      method: null,
    });
    expect(await service.update({ postWebhookUrl: '' })).toMatchObject({ postWebhookUrl: null });
  });

  it('refuse what is not emulated, by name', async () => {
    const started = await startForTest();
    const { v1 } = helperFor(started).conversations;
    const global = v1.configuration.webhooks();
    const service = v1.services(started.emulator.credentials.serviceSid).configuration.webhooks();
    expect(await refusal(global.update({ preWebhookUrl: url }))).toEqual({
      status: 400,
      code: 20001,
      message: 'Invalid parameter: PreWebhookUrl: pre-event webhooks are not supported by the emulator yet',
    });
    expect((await refusal(global.update({ target: 'flex' }))).message).toContain('Target: flex');
    expect((await refusal(service.update({ filters: ['onUserAdded'] }))).message).toContain('"onUserAdded"');
    expect((await refusal(service.update({ postWebhookUrl: 'nowhere' }))).message).toContain(
      'PostWebhookUrl',
    );
  });
});

describe('services', () => {
  it('are one', async () => {
    const started = await startForTest();
    const { services } = helperFor(started).conversations.v1;
    const { serviceSid } = started.emulator.credentials;
    const [only, ...others] = await services.list();
    expect(others).toEqual([]);
    expect(only).toMatchObject({ sid: serviceSid, friendlyName: expect.any(String) });
    const fetched = await services(serviceSid).fetch();
    expect(fetched.links.conversations).toBe(`${fetched.url}/Conversations`);
    const unknown = services(`IS${'0'.repeat(32)}`);
    expect(await refusal(unknown.fetch())).toMatchObject({ status: 404, code: 20404 });
    expect(await refusal(unknown.conversations.list())).toMatchObject({ status: 404, code: 20404 });
  });
});

describe('an earlier service of the same file', () => {
  it('is out of reach, with its conversations', async () => {
    const started = await startForTest();
    const { store, clock, serviceSid } = started.domain;
    const earlier = `IS${'0'.repeat(32)}`;
    const service = store.services.bySid(serviceSid)!;
    store.services.insert({ ...service, sid: earlier });
    const by = { source: 'SDK', identity: 'ann' } as const;
    const now = addConversation(started.domain, { by });
    const old = { ...now, sid: `CH${'0'.repeat(32)}`, chatServiceSid: earlier, dateCreated: clock.now() };
    store.conversations.insert(old);
    const { v1 } = helperFor(started).conversations;
    expect((await v1.services.list()).map(({ sid }) => sid)).toEqual([serviceSid]);
    expect((await v1.conversations.list()).map(({ sid }) => sid)).toEqual([now.sid]);
    for (const scope of [v1, v1.services(serviceSid), v1.services(earlier)]) {
      expect(await refusal(scope.conversations(old.sid).fetch())).toMatchObject({ status: 404, code: 20404 });
    }
    const join = { by, conversationSid: old.sid, identity: 'ann' };
    expect(() => addParticipant(started.domain, join)).toThrow('Conversation not found');
  });
});

describe.each(scopes)('users below the %s prefix', (scope) => {
  it('are listed and fetched by SID and identity', async () => {
    const started = await startForTest();
    const { users } = scoped(helperFor(started), started, scope);
    const user = ensureUser(started.domain, { by: { source: 'SDK', identity: 'ann' }, identity: 'ann' });
    expect((await users.list()).map(({ sid }) => sid)).toEqual([user.sid]);
    expect((await users(user.sid).fetch()).identity).toBe('ann');
    expect(await users('ann').fetch()).toMatchObject({ sid: user.sid, isOnline: null, attributes: '{}' });
    expect(await refusal(users('nobody').fetch())).toMatchObject({ status: 404, code: 20404 });
  });
});
