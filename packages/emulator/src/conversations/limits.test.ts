import { describe, expect, it } from 'vitest';
import { Refusal, refusals } from '../errors.js';
import { startForTest } from '../testing/start.js';
import { addConversation } from './add-conversation.js';
import { addParticipant } from './add-participant.js';
import { updateConversation } from './update-conversation.js';

const by = { source: 'API', webhooksEnabled: false } as const;

const codeOf = (act: () => unknown): number | undefined => {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return refusals[error.reason].code;
    throw error;
  }
  return undefined;
};

describe('limits', () => {
  it('let an identity into 1,000 conversations, and into another when one is closed', async () => {
    const { domain } = await startForTest();
    const join = (identity: string) => {
      const { sid } = addConversation(domain, { by });
      return addParticipant(domain, { by, conversationSid: sid, identity });
    };
    const first = join('ann').conversationSid;
    domain.facts.commit(() => {
      for (let count = 1; count < 1000; count += 1) join('ann');
    });
    expect(codeOf(() => join('ann'))).toBe(50214);
    join('bob');
    updateConversation(domain, { by, sid: first, state: 'inactive' });
    expect(codeOf(() => join('ann'))).toBe(50214);
    updateConversation(domain, { by, sid: first, state: 'closed' });
    join('ann');
    expect(codeOf(() => join('ann'))).toBe(50214);
  });

  it('let 1,000 participants into a conversation', async () => {
    const { domain } = await startForTest();
    const { sid } = addConversation(domain, { by });
    const add = (identity: string) => addParticipant(domain, { by, conversationSid: sid, identity });
    domain.facts.commit(() => {
      for (let count = 0; count < 1000; count += 1) add(`visitor-${count}`);
    });
    expect(codeOf(() => add('one-more'))).toBe(50417);
  });
});
