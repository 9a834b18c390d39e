import { expect, it, onTestFinished } from 'vitest';
import { openStore } from '../store/store.js';
import { holdTime } from '../testing/time.js';
import { addConversation } from './add-conversation.js';
import { createDomain } from './domain.js';
import { startStateTimers } from './state-timers.js';

it('timers that the store could not let run out are logged, and tried again', () => {
  const { clock, alarm, pass } = holdTime();
  const store = openStore(':memory:');
  const domain = createDomain({ store, accountSid: 'AC1', serviceSid: 'IS1', clock });
  const lines: string[] = [];
  onTestFinished(startStateTimers(domain, alarm, (line) => lines.push(line)));
  const by = { source: 'API', webhooksEnabled: false } as const;
  const { sid } = addConversation(domain, { by, timerInactive: 'PT1M' });
  const { commit } = domain.facts;
  domain.facts.commit = () => {
    throw new Error('disk full');
  };
  pass(61_000);
  expect(lines).toEqual(['Timers of conversations could not run out: disk full']);
  expect(store.conversations.bySid(sid)?.state).toBe('active');
  domain.facts.commit = commit;
  pass(10_000);
  expect(store.conversations.bySid(sid)?.state).toBe('inactive');
  expect(lines).toHaveLength(1);
});
