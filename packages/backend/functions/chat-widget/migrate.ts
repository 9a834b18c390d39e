import { createFunction, type TwilioFunction } from '../../src/hosts/functions.js';
import { bot } from '../bot.js';

export const handler: TwilioFunction = createFunction('migrate', { bot });
