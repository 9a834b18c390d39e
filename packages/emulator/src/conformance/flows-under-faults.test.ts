import { Client } from '@twilio/conversations';
import { describe } from 'vitest';
import { play } from './play.js';

const faults = {
  'replies and pushes late by chance': [{ op: 'latency', ms: 5, jitter: 40, distribution: 'exponential' }],
  'events doubled, late and out of order, those of one item kept in order': [
    { op: 'latency', ms: 5, jitter: 20, distribution: 'uniform' },
    { op: 'disorder', reorder: 4, duplicate: 0.3, maxMs: 30, keep: 'item' },
  ],
  'events doubled, late and out of any order': [
    { op: 'disorder', reorder: 4, duplicate: 0.3, maxMs: 30, keep: 'nothing' },
  ],
};

describe.each(Object.entries(faults))('under faults: %s', (_, orders) => {
  play('@twilio/conversations 3.0.1 in Node', {
    Client,
    version: '3.0.1',
    choose: ({ promised }) => promised,
    async disturb(backstage) {
      await backstage.fault({ op: 'seed', seed: 20_261_122 });
      for (const order of orders) await backstage.fault(order);
    },
  });
});
