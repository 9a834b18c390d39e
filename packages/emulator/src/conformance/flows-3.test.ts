import { Client } from '@twilio/conversations';
import { play } from './play.js';

play('@twilio/conversations 3.0.1 in Node', { Client, version: '3.0.1' });
