import type { Client as Client3 } from '@twilio/conversations';
import { Client } from 'twilio-conversations-2';
import { play } from './play.js';

// The public types of both versions are the same, word for word; only their private classes are not one another's.
play('@twilio/conversations 2.7.0 in Node', {
  Client: Client as unknown as typeof Client3,
  version: '2.7.0',
});
