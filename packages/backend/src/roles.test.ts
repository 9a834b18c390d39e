import type { Client } from '@twilio/conversations';
import { afterEach, describe, expect, test } from 'vitest';
import {
  FORBIDDEN_FOR_VISITORS,
  FORBIDDEN_IN_HARDENED_MODE,
  setUpRoles,
  VISITOR_PERMISSIONS,
  VISITOR_ROLES,
} from './roles.js';
import { parrot } from './testing/parrot.js';
import { openSdkClient } from './testing/sdk-client.js';
import { type Stack, startStack } from './testing/stack.js';

let stack: Stack;
const clients: Client[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.shutdown()));
  await stack.close();
});

const rolesByName = async () =>
  Object.fromEntries(
    (await stack.service.roles.list()).map(({ friendlyName, permissions }) => [friendlyName, permissions]),
  );

const refused = { status: 403, body: { code: 50107 } };

describe('the roles of visitors', () => {
  test('are shown before they are made, made once, and then left alone', async () => {
    stack = await startStack(parrot());
    const config = { ...stack.host.config, mode: 'hardened' as const };
    const before = await rolesByName();
    const { changes } = await setUpRoles(config, { dryRun: true });
    expect(await rolesByName()).toEqual(before);
    expect(changes).toEqual([
      {
        what: 'conversation role "web chat visitor"',
        from: 'no such role',
        to: 'leaveConversation, sendMediaMessage, sendMessage',
      },
      { what: 'service role "web chat user"', from: 'no such role', to: 'editOwnUserInfo' },
      { what: 'role of new users', from: 'service user', to: 'web chat user' },
      { what: 'role of new participants', from: 'channel user', to: 'web chat visitor' },
      { what: 'role of those who create a conversation', from: 'channel admin', to: 'web chat visitor' },
    ]);
    expect(await setUpRoles(config)).toEqual({ changes });
    expect(await rolesByName()).toMatchObject({
      [VISITOR_ROLES.conversation]: VISITOR_PERMISSIONS,
      [VISITOR_ROLES.service]: ['editOwnUserInfo'],
    });
    expect(await setUpRoles(config)).toEqual({ changes: [] });
  });

  test('follow the mode, and are put right when somebody changed them', async () => {
    stack = await startStack(parrot());
    await setUpRoles({ ...stack.host.config, mode: 'hardened' });
    await setUpRoles(stack.host.config);
    expect((await rolesByName())[VISITOR_ROLES.service]).toEqual([
      'createConversation',
      'editOwnUserInfo',
      'joinConversation',
    ]);
    const visitor = (await stack.service.roles.list()).find(
      ({ friendlyName }) => friendlyName === VISITOR_ROLES.conversation,
    );
    await stack.service
      .roles(visitor?.sid ?? '')
      .update({ permission: [...VISITOR_PERMISSIONS, 'addNonChatParticipant'] });
    expect((await setUpRoles(stack.host.config)).changes).toHaveLength(1);
    expect((await rolesByName())[VISITOR_ROLES.conversation]).toEqual(VISITOR_PERMISSIONS);
  });

  test('let the official SDK chat, and nothing else', async () => {
    stack = await startStack(parrot());
    await setUpRoles({ ...stack.host.config, mode: 'hardened' });
    const { sid } = await stack.service.conversations.create({});
    await stack.service.conversations(sid).participants.create({ identity: 'visitor' });
    await stack.service.conversations(sid).messages.create({ author: 'bot', body: 'Hello' });

    const client = await openSdkClient(stack, 'visitor');
    clients.push(client);
    const conversation = await client.getConversationBySid(sid);
    await conversation.sendMessage('hello');
    await conversation.typing();
    await conversation.updateLastReadMessageIndex(1);
    const { items } = await conversation.getMessages();
    expect(items.map(({ body }) => body)).toEqual(['Hello', 'hello']);

    await expect(client.createConversation({})).rejects.toMatchObject(refused);
    await expect(conversation.add('somebody')).rejects.toMatchObject(refused);
    await expect(conversation.addNonChatParticipant('+15005550006', '+15005550001')).rejects.toMatchObject(
      refused,
    );
    await expect(conversation.updateAttributes({ x: 1 })).rejects.toMatchObject(refused);
    await expect(conversation.updateFriendlyName('Support')).rejects.toMatchObject(refused);
    await expect(conversation.delete()).rejects.toMatchObject(refused);
    await expect(items[0]?.updateBody('x')).rejects.toMatchObject(refused);
    await conversation.leave();
  });

  test('hold nothing that is forbidden', async () => {
    stack = await startStack(parrot());
    await setUpRoles({ ...stack.host.config, mode: 'hardened' });
    const roles = await rolesByName();
    const held = [...(roles[VISITOR_ROLES.conversation] ?? []), ...(roles[VISITOR_ROLES.service] ?? [])];
    const forbidden = [...FORBIDDEN_FOR_VISITORS, ...FORBIDDEN_IN_HARDENED_MODE];
    expect(held.filter((permission) => forbidden.includes(permission))).toEqual([]);
    // Each of them is a permission that there is: a misspelt one would forbid nothing.
    await stack.service.roles.create({ friendlyName: 'all', type: 'service', permission: forbidden });
  });

  test('that cannot be written are refused by a sentence', async () => {
    stack = await startStack(parrot());
    await stack.emulator.close();
    await expect(setUpRoles(stack.host.config)).rejects.toMatchObject({
      code: 'twilio_unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});
