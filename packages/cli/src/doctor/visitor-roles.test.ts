import {
  createTwilioClient,
  FORBIDDEN_FOR_VISITORS,
  readEnvironment,
  setUpRoles,
  VISITOR_PERMISSIONS,
} from '@conversations-web-chat/backend';
import type { Emulator } from '@conversations-web-chat/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEmulated } from '../testing/emulated.js';
import { checkRoles, judgeRole } from './visitor-roles.js';

const participant = (permissions: readonly string[]) =>
  ({ who: 'new participants', type: 'conversation', name: 'visitor', permissions }) as const;
const user = (permissions: readonly string[]) =>
  ({ who: 'new users', type: 'service', name: 'user', permissions }) as const;

describe('a role of visitors', () => {
  it('is right with what the chat needs', () => {
    expect(judgeRole(participant(VISITOR_PERMISSIONS), 'hardened')).toMatchObject([{ level: 'ok' }]);
  });

  it.each(FORBIDDEN_FOR_VISITORS)('that allows %s is found, with the way to take it away', (permission) => {
    const [found, ...more] = judgeRole(participant([...VISITOR_PERMISSIONS, permission]), 'easy');
    expect(more).toEqual([]);
    expect(found).toMatchObject({
      level: /^editConversation/.test(permission) ? 'warning' : 'problem',
      text: `new participants ("visitor") may ${permission}`,
      fix: 'Run conversations-web-chat roles.',
    });
  });

  it('may create conversations in easy mode, where it has to, and not in hardened mode', () => {
    const permissions = ['createConversation', 'joinConversation'];
    expect(judgeRole(user(permissions), 'easy')).toMatchObject([{ level: 'ok' }]);
    expect(judgeRole(user(permissions), 'hardened')).toMatchObject([
      { level: 'problem', text: expect.stringContaining('may createConversation, joinConversation') },
    ]);
    expect(judgeRole(user([]), 'easy')).toMatchObject([
      { level: 'problem', text: expect.stringContaining('may not createConversation') },
    ]);
  });

  it('that cannot send is found', () => {
    expect(judgeRole(participant([]), 'hardened')).toMatchObject([
      { level: 'problem', text: expect.stringContaining('may not sendMessage') },
    ]);
  });
});

describe('the roles that newcomers get', () => {
  let emulator: Emulator;
  let env: Record<string, string>;
  beforeEach(async () => {
    ({ emulator, env } = await startEmulated());
  });
  afterEach(() => emulator.close());

  function setUp(changes: Record<string, string> = {}) {
    const reading = readEnvironment({ ...env, CHAT_MODE: 'hardened', ...changes });
    if (!reading.ok) throw new Error(reading.table);
    const { config } = reading;
    return { config, service: createTwilioClient(config).conversations.v1.services(config.serviceSid) };
  }

  const ofConversations = FORBIDDEN_FOR_VISITORS.filter((permission) => permission !== 'editAnyUserInfo');
  const HARDENED_TOO = ['createConversation', 'joinConversation'];
  const newcomers = [
    ['new users', 'defaultChatServiceRoleSid', 'service', [...FORBIDDEN_FOR_VISITORS, ...HARDENED_TOO]],
    ['new participants', 'defaultConversationRoleSid', 'conversation', ofConversations],
    ['creators of a conversation', 'defaultConversationCreatorRoleSid', 'conversation', ofConversations],
  ] as const;

  it.each(newcomers)(
    'are found each by itself: what %s may too much',
    async (who, field, type, forbidden) => {
      const { config, service } = setUp();
      await setUpRoles(config);
      expect((await checkRoles(config)).map(({ level }) => level)).toEqual(['ok', 'ok', 'ok']);
      const needed = type === 'conversation' ? VISITOR_PERMISSIONS : ['editOwnUserInfo'];
      const { sid } = await service.roles.create({ friendlyName: 'too much', type, permission: [...needed] });
      await service.configuration().update({ [field]: sid });
      for (const permission of forbidden) {
        await service.roles(sid).update({ permission: [...needed, permission] });
        const found = (await checkRoles(config)).filter(({ level }) => level !== 'ok');
        expect(found).toEqual([
          expect.objectContaining({
            level: /^editConversation/.test(permission) ? 'warning' : 'problem',
            text: `${who} ("too much") may ${permission}`,
            fix: 'Run conversations-web-chat roles.',
          }),
        ]);
      }
      await setUpRoles(config);
      expect((await checkRoles(config)).map(({ level }) => level)).toEqual(['ok', 'ok', 'ok']);
    },
  );

  it('are judged with the role of VISITOR_ROLE_SID, which no command changes', async () => {
    const { config, service } = setUp();
    await setUpRoles(config);
    const create = (type: 'service' | 'conversation', permission: string[]) =>
      service.roles.create({ friendlyName: `own ${type}`, type, permission });
    const strong = await create('conversation', ['sendMessage', 'removeParticipant']);
    const ofUsers = await create('service', ['sendMessage']);
    for (const [role, text] of [
      [strong, /^VISITOR_ROLE_SID \("own conversation"\) may removeParticipant$/],
      [ofUsers, /^VISITOR_ROLE_SID \("own service"\) is a service role/],
      [{ sid: `RL${'0'.repeat(32)}` }, /^VISITOR_ROLE_SID: the service has no role RL0/],
    ] as const) {
      const found = await checkRoles(setUp({ VISITOR_ROLE_SID: role.sid }).config);
      expect(found.filter(({ level }) => level !== 'ok')).toEqual([
        expect.objectContaining({
          level: 'problem',
          text: expect.stringMatching(text),
          fix: expect.stringMatching(/^Take VISITOR_ROLE_SID out/),
        }),
      ]);
    }
  });
});
