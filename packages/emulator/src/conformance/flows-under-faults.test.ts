import { Client } from '@twilio/conversations';
import { play } from './play.js';

play('@twilio/conversations 3.0.1 in Node, with everything late', {
  Client,
  version: '3.0.1',
  choose: ({ promised }) => promised,
  async disturb(backstage) {
    await backstage.fault({ op: 'latency', ms: 30 });
  },
});
