import type { Message, Participant } from '@twilio/conversations';
import { describe, expect, it } from 'vitest';
import { type Permission, permissionsOf } from '../conversations/permissions.js';
import { helperFor } from '../testing/start.js';
import { openRawClient } from './raw-client.js';
import { next, shareConversation, startService } from './service.js';

const refused = (permission: string) => ({
  status: 403,
  body: { code: 50107, message: expect.stringMatching(new RegExp(`: ${permission}$`)) },
});

describe('permissions with the official SDK', () => {
  it('refuse a plain participant by name what its role does not allow', async () => {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const [mine, theirs] = await shareConversation(alice, bob);
    const arrived = next<Message>('messageAdded', (hear) => theirs!.on('messageAdded', hear));
    await mine!.sendMessage('from alice');
    const fromAlice = await arrived;
    const aliceThere = (await theirs!.getParticipantByIdentity('alice'))!;

    await expect(theirs!.add('carol')).rejects.toMatchObject(refused('addParticipant'));
    await expect(theirs!.removeParticipant('alice')).rejects.toMatchObject(refused('removeParticipant'));
    await expect(theirs!.updateFriendlyName('x')).rejects.toMatchObject(refused('editConversationName'));
    await expect(theirs!.updateUniqueName('x')).rejects.toMatchObject(refused('editConversationName'));
    await expect(theirs!.updateAttributes({ x: 1 })).rejects.toMatchObject(
      refused('editConversationAttributes'),
    );
    await expect(theirs!.delete()).rejects.toMatchObject(refused('deleteConversation'));
    await expect(fromAlice.updateBody('x')).rejects.toMatchObject(refused('editAnyMessage'));
    await expect(fromAlice.updateAttributes({ x: 1 })).rejects.toMatchObject(
      refused('editAnyMessageAttributes'),
    );
    await expect(fromAlice.remove()).rejects.toMatchObject(refused('deleteAnyMessage'));
    await expect(aliceThere.updateAttributes({ x: 1 })).rejects.toMatchObject(
      refused('editAnyParticipantAttributes'),
    );
    await expect((await bob.getUser('alice')).updateFriendlyName('x')).rejects.toMatchObject(
      refused('editAnyUserInfo'),
    );
    expect(mine!.friendlyName).toBe('Shared');
    expect((await mine!.getMessages()).items.map(({ body }) => body)).toEqual(['from alice']);
  });

  it('let a plain participant do what is its own', async () => {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const [, theirs] = await shareConversation(alice, bob);
    const sent = next<Message>('messageAdded', (hear) => theirs!.on('messageAdded', hear));
    await theirs!.sendMessage('from bob');
    const own = await sent;
    await own.updateBody('edited');
    await own.updateAttributes({ x: 1 });
    await (await theirs!.getParticipantByIdentity('bob'))!.updateAttributes({ x: 1 });
    await theirs!.setUserNotificationLevel('muted');
    await theirs!.updateLastReadMessageIndex(0);
    await theirs!.typing();
    await bob.user.updateFriendlyName('Bob');
    await own.remove();
    const left = next('conversationLeft', (hear) => bob.on('conversationLeft', hear));
    await theirs!.leave();
    await left;
  });
});

interface Attempt {
  method: 'POST' | 'DELETE';
  path: string;
  body?: object;
}

/**
 * Each permission with a call that it allows: `own` and `other` are messages, bob acts, alice is another. What media
 * need is shown with media.
 */
const attempts: Record<
  Exclude<Permission, 'sendMediaMessage'>,
  (at: { path: string; own: string; other: string }) => Attempt
> = {
  sendMessage: ({ path }) => ({ method: 'POST', path: `${path}/Messages`, body: { body: 'x' } }),
  leaveConversation: ({ path }) => ({ method: 'DELETE', path: `${path}/Participants/bob` }),
  editNotificationLevel: ({ path }) => ({
    method: 'POST',
    path: path.replace('Conversations', 'MyConversations'),
    body: { notification_level: 'muted' },
  }),
  editOwnMessage: ({ path, own }) => ({
    method: 'POST',
    path: `${path}/Messages/${own}`,
    body: { body: 'x' },
  }),
  editOwnMessageAttributes: ({ path, own }) => ({
    method: 'POST',
    path: `${path}/Messages/${own}`,
    body: { attributes: '1' },
  }),
  deleteOwnMessage: ({ path, own }) => ({ method: 'DELETE', path: `${path}/Messages/${own}` }),
  editOwnParticipantAttributes: ({ path }) => ({
    method: 'POST',
    path: `${path}/Participants/bob`,
    body: { attributes: '1' },
  }),
  addParticipant: ({ path }) => ({
    method: 'POST',
    path: `${path}/Participants`,
    body: { identity: 'carol' },
  }),
  addNonChatParticipant: ({ path }) => ({
    method: 'POST',
    path: `${path}/Participants`,
    body: { attributes: '{}', messaging_binding: { address: '+15005550001', proxy_address: '+15005550006' } },
  }),
  removeParticipant: ({ path }) => ({ method: 'DELETE', path: `${path}/Participants/alice` }),
  editConversationName: ({ path }) => ({ method: 'POST', path, body: { friendly_name: 'x' } }),
  editConversationAttributes: ({ path }) => ({ method: 'POST', path, body: { attributes: '1' } }),
  editAnyMessage: ({ path, other }) => ({
    method: 'POST',
    path: `${path}/Messages/${other}`,
    body: { body: 'x' },
  }),
  editAnyMessageAttributes: ({ path, other }) => ({
    method: 'POST',
    path: `${path}/Messages/${other}`,
    body: { attributes: '1' },
  }),
  editAnyParticipantAttributes: ({ path }) => ({
    method: 'POST',
    path: `${path}/Participants/alice`,
    body: { attributes: '1' },
  }),
  deleteAnyMessage: ({ path, other }) => ({ method: 'DELETE', path: `${path}/Messages/${other}` }),
  deleteConversation: ({ path }) => ({ method: 'DELETE', path }),
  createConversation: () => ({
    method: 'POST',
    path: '/Client/v2/Conversations',
    body: { attributes: '{}' },
  }),
  joinConversation: () => ({ method: 'POST', path: 'replaced', body: { identity: 'bob' } }),
  editOwnUserInfo: () => ({ method: 'POST', path: '/Client/v2/Users/bob', body: { friendly_name: 'x' } }),
  editAnyUserInfo: () => ({ method: 'POST', path: '/Client/v2/Users/alice', body: { friendly_name: 'x' } }),
};

describe('a permission that is taken from a role or given to it over REST', () => {
  const permissions = Object.keys(attempts) as (keyof typeof attempts)[];

  it.each(permissions)('%s is felt by the next call', async (permission) => {
    const service = await startService();
    const { v1 } = helperFor({ emulator: service }).conversations;
    const raw = await openRawClient(service);
    await raw.init('bob');
    const created = await raw.request('POST', '/Client/v2/Conversations', { attributes: '{}' });
    const joinable = `/Client/v2/Conversations/${(created.body as { sid: string }).sid}/Participants`;

    const others = permissions.filter((one) => one !== permission);
    const ofConversation = (names: Permission[]) =>
      names.filter((one) => permissionsOf.conversation.includes(one));
    const conversationRole = await v1.roles.create({
      friendlyName: 'all but one',
      type: 'conversation',
      permission: ofConversation(others),
    });
    const onlyService = permissionsOf.service.filter((one) => !permissionsOf.conversation.includes(one));
    const serviceRole = await v1.roles.create({
      friendlyName: 'all but one',
      type: 'service',
      permission: onlyService.filter((one) => one !== permission),
    });
    const { sid } = await v1.conversations.create();
    await v1.conversations(sid).participants.create({ identity: 'alice' });
    await v1.conversations(sid).participants.create({ identity: 'bob', roleSid: conversationRole.sid });
    await v1.users('bob').update({ roleSid: serviceRole.sid });
    const own = (await v1.conversations(sid).messages.create({ author: 'bob', body: 'mine' })).sid;
    const other = (await v1.conversations(sid).messages.create({ author: 'alice', body: 'hers' })).sid;
    // The wider permission covers the narrower: it must not be there when the narrower is tried.
    const wider = widerThan[permission];
    if (wider) {
      for (const role of [conversationRole, serviceRole]) {
        const left = role.permissions.filter((one) => one !== wider);
        await v1.roles(role.sid).update({ permission: left });
      }
    }

    const { method, path, body } = attempts[permission]({
      path: `/Client/v2/Conversations/${sid}`,
      own,
      other,
    });
    const where = permission === 'joinConversation' ? joinable : path;
    const attempt = () => raw.request(method, where, body ?? {});
    const before = await attempt();
    expect([before.httpStatus, before.body]).toEqual([
      403,
      expect.objectContaining({ code: 50107, message: expect.stringMatching(`: ${permission}$`) }),
    ]);

    const role = permissionsOf.conversation.includes(permission) ? conversationRole : serviceRole;
    await v1.roles(role.sid).update({ permission: [...role.permissions, permission] });
    const { httpStatus } = await attempt();
    expect(httpStatus).toBeOneOf([200, 201, 204]);
  });
});

const widerThan: Partial<Record<Permission, Permission>> = {
  leaveConversation: 'removeParticipant',
  editOwnMessage: 'editAnyMessage',
  editOwnMessageAttributes: 'editAnyMessageAttributes',
  deleteOwnMessage: 'deleteAnyMessage',
  editOwnParticipantAttributes: 'editAnyParticipantAttributes',
  editOwnUserInfo: 'editAnyUserInfo',
};

describe('a service admin', () => {
  it('sees, changes and joins a conversation that it is not in, until its role is taken away', async () => {
    const service = await startService();
    const { v1 } = helperFor({ emulator: service }).conversations;
    const [alice, boss] = await Promise.all([service.connect('alice'), service.connect('boss')]);
    const [mine] = await shareConversation(alice);
    await expect(boss.peekConversationBySid(mine!.sid)).rejects.toThrow();
    const user = await v1.users('boss').fetch();
    const admin = (await v1.roles.list()).find(({ friendlyName }) => friendlyName === 'service admin')!;
    await v1.users('boss').update({ roleSid: admin.sid });

    const peeked = await boss.peekConversationBySid(mine!.sid);
    expect(peeked.status).toBe('notParticipating');
    await peeked.updateFriendlyName('Renamed');
    const raw = await openRawClient(service);
    await raw.init('boss');
    const path = `/Client/v2/Conversations/${mine!.sid}`;
    const sending = await raw.request('POST', `${path}/Messages`, { body: 'x' });
    expect([sending.httpStatus, (sending.body as { code: number }).code]).toEqual([403, 50107]);
    const myPath = path.replace('Conversations', 'MyConversations');
    const reading = await raw.request('POST', myPath, { last_read_message_index: 0 });
    expect([reading.httpStatus, (reading.body as { code: number }).code]).toEqual([403, 50430]);

    await v1.users('boss').update({ roleSid: user.roleSid });
    expect((await raw.request('GET', path)).httpStatus).toBe(403);
    expect((await raw.request('POST', path, { friendly_name: 'x' })).httpStatus).toBe(403);
    await v1.users('boss').update({ roleSid: admin.sid });
    const joined = next<Participant>('participantJoined', (hear) => mine!.on('participantJoined', hear));
    await peeked.join();
    expect((await joined).identity).toBe('boss');
  });
});
