/** Who answers visitors on Twilio Functions: put your own bot here, made by `defineBot`. */
export { shopBot as bot } from '../src/bots/shop-bot.js';
