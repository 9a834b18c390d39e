import { describe, expect, it } from 'vitest';
import { helperFor, refusal, scoped, scopes, startForTest } from '../testing/start.js';

describe.each(scopes)('roles below the %s prefix', (scope) => {
  async function setUp() {
    const started = await startForTest();
    const { roles, conversations, users } = scoped(helperFor(started), started, scope);
    return { started, roles, conversations, users };
  }

  it('are four from the start, and after a reset', async () => {
    const { started, roles } = await setUp();
    const names = async () =>
      (await roles.list()).map(({ friendlyName, type }) => `${type}: ${friendlyName}`);
    const defaults = [
      'service: service admin',
      'service: service user',
      'conversation: channel admin',
      'conversation: channel user',
    ];
    expect(await names()).toEqual(defaults);
    const [admin] = await roles.list();
    await roles.create({ friendlyName: 'x', type: 'service', permission: ['joinConversation'] });
    await roles(admin!.sid).update({ permission: ['joinConversation'] });
    started.emulator.reset();
    expect(await names()).toEqual(defaults);
    expect((await roles(admin!.sid).fetch()).permissions).toEqual(admin!.permissions);
  });

  it('are created, changed, fetched and deleted', async () => {
    const { roles } = await setUp();
    const made = await roles.create({
      friendlyName: 'guest',
      type: 'conversation',
      permission: ['sendMessage', 'leaveConversation', 'sendMessage'],
    });
    expect(made).toMatchObject({
      sid: expect.stringMatching(/^RL[0-9a-f]{32}$/),
      friendlyName: 'guest',
      type: 'conversation',
      permissions: ['leaveConversation', 'sendMessage'],
    });
    const changed = await roles(made.sid).update({ permission: ['sendMessage'] });
    expect(changed.permissions).toEqual(['sendMessage']);
    expect((await roles(made.sid).fetch()).permissions).toEqual(['sendMessage']);
    expect(await roles(made.sid).remove()).toBe(true);
    expect(await refusal(roles(made.sid).fetch())).toMatchObject({ status: 404, code: 20404 });
    expect(await refusal(roles(made.sid).remove())).toMatchObject({ status: 404 });
  });

  it('are refused by what is wrong, with what is allowed', async () => {
    const { roles } = await setUp();
    const good = { friendlyName: 'x', type: 'conversation' as const, permission: ['sendMessage'] };
    const message = async (bent: object) => (await refusal(roles.create({ ...good, ...bent }))).message;
    expect(await message({ permission: ['fly'] })).toMatch(/"fly" is none.*takes sendMessage, .*deleteConv/);
    expect(await message({ permission: ['createConversation'] })).toContain('a conversation role takes');
    expect(await message({ permission: [] })).toContain('none is given');
    expect(await message({ friendlyName: 'x'.repeat(65) })).toContain('64');
    expect(await message({ friendlyName: '' })).toContain('FriendlyName');
    expect(await message({ type: 'team' })).toContain('conversation, service');
    expect((await roles.create({ ...good, friendlyName: 'x'.repeat(64) })).friendlyName).toHaveLength(64);
    await roles.create({ ...good, type: 'service', permission: ['createConversation', 'sendMessage'] });
  });

  it('stay while they are a default or somebody has them', async () => {
    const { started, roles, conversations, users } = await setUp();
    for (const { sid } of await roles.list()) {
      expect(await refusal(roles(sid).remove())).toMatchObject({ status: 400, code: 20001 });
    }
    const make = async (type: 'conversation' | 'service') =>
      (await roles.create({ friendlyName: 'x', type, permission: ['sendMessage'] })).sid;
    const [ofParticipant, ofUser, ofNewcomers] = [
      await make('conversation'),
      await make('service'),
      await make('service'),
    ];
    const { sid } = await conversations.create({});
    await conversations(sid).participants.create({ identity: 'ann', roleSid: ofParticipant });
    await users('ann').update({ roleSid: ofUser });
    const service = helperFor(started).conversations.v1.services(started.emulator.credentials.serviceSid);
    await service.configuration().update({ defaultChatServiceRoleSid: ofNewcomers });
    for (const held of [ofParticipant, ofUser, ofNewcomers]) {
      expect(await refusal(roles(held).remove())).toMatchObject({ status: 400 });
    }
    await users('ann').remove();
    expect(await roles(ofUser).remove()).toBe(true);
    expect(await roles(ofParticipant).remove()).toBe(true);
  });
});

describe('the default roles of a service', () => {
  it('are configured for newcomers, each of its own type', async () => {
    const started = await startForTest();
    const { v1 } = helperFor(started).conversations;
    const service = v1.services(started.emulator.credentials.serviceSid);
    const make = async (type: 'conversation' | 'service') =>
      (await v1.roles.create({ friendlyName: type, type, permission: ['sendMessage'] })).sid;
    const [ofConversation, ofService] = [await make('conversation'), await make('service')];
    const before = await service.configuration().fetch();
    const after = await service.configuration().update({
      defaultConversationRoleSid: ofConversation,
      defaultChatServiceRoleSid: ofService,
      reachabilityEnabled: true,
    });
    expect(after).toMatchObject({
      defaultConversationCreatorRoleSid: before.defaultConversationCreatorRoleSid,
      defaultConversationRoleSid: ofConversation,
      defaultChatServiceRoleSid: ofService,
      reachabilityEnabled: true,
    });
    const { sid } = await v1.conversations.create({});
    const participant = await v1.conversations(sid).participants.create({ identity: 'ann' });
    expect(participant.roleSid).toBe(ofConversation);
    expect((await v1.users('ann').fetch()).roleSid).toBe(ofService);

    const wrong = await refusal(service.configuration().update({ defaultConversationRoleSid: ofService }));
    expect(wrong.message).toContain('DefaultConversationRoleSid is not the SID of a conversation role');
    expect((await service.configuration().fetch()).defaultConversationRoleSid).toBe(ofConversation);
  });
});
