import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StaffOptions } from './contract.js';
import { createRoles } from './roles.js';

const isOwn = (identity: string): boolean => identity === 'agent:me';

describe('roles', () => {
  const staff: StaffOptions = {
    agents: { identities: ['anna'], prefix: 'agent:' },
    bots: { identities: ['shop-bot'], prefix: 'bot-' },
  };
  test.each<[string, StaffOptions | undefined, string, string]>([
    ['an agent by name', staff, 'anna', 'agent'],
    ['an agent by prefix', staff, 'agent:bob', 'agent'],
    ['the prefix itself', staff, 'agent:', 'agent'],
    ['a bot by name', staff, 'shop-bot', 'bot'],
    ['a bot by prefix', staff, 'bot-2', 'bot'],
    ['somebody who is like an agent but for a letter', staff, 'Agent:bob', 'other'],
    ['a prefix in the middle', staff, 'not-agent:bob', 'other'],
    ['the visitor, whose identity begins as those of agents', staff, 'agent:me', 'visitor'],
    ['nobody', staff, '', 'other'],
    ['a stranger, where the prefix is empty', { agents: { prefix: '' } }, 'eve', 'other'],
    ['nobody, where the prefix is empty', { agents: { prefix: '', identities: [''] } }, '', 'other'],
    ['the usual bot, where nothing is said of bots', { agents: { identities: ['anna'] } }, 'bot', 'bot'],
    ['the usual bot, where others are named', staff, 'bot', 'other'],
    ['the usual bot, where nothing is said', undefined, 'bot', 'bot'],
    ['what every object has', { agents: { identities: ['anna'] } }, '__proto__', 'other'],
  ])('%s', (_, options, identity, role) => {
    expect(createRoles(options, isOwn)(identity)).toBe(role);
  });

  test('who is only taken for the visitor is not, where the site names them', () => {
    const roleOf = createRoles({ ...staff, bots: { identities: ['robo'] } }, isOwn, () => true);
    expect(['anna', 'robo', 'agent:me', 'eve'].map(roleOf)).toEqual(['agent', 'bot', 'visitor', 'visitor']);
  });

  test('nobody becomes staff whom the site does not name', () => {
    fc.assert(
      fc.property(fc.string(), (identity) => {
        fc.pre(identity !== 'anna' && !identity.startsWith('agent:') && !/^(shop-bot$|bot-)/.test(identity));
        expect(createRoles(staff, () => false)(identity)).toBe('other');
      }),
    );
  });
});
