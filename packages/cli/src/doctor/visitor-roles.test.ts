import { FORBIDDEN_FOR_VISITORS, VISITOR_PERMISSIONS } from '@conversations-web-chat/backend';
import { describe, expect, it } from 'vitest';
import { judgeRole } from './visitor-roles.js';

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
