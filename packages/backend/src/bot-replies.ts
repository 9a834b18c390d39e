import type { BotReplies, BotReply } from './bots/bot.js';

/** What a bot gives back and passes on, checked: bots in plain JavaScript have no types. */
export interface BotValues {
  /** Whatever the bot gave back, as a list. */
  replies(given: BotReplies): readonly BotReply[];
  reply(given: BotReply): BotReply;
  /** A text that `what` takes, as in `handOver(reason)`. */
  text(given: string, what: string): string;
  /** Attributes that `what` takes. */
  attributes<T extends object | undefined>(given: T, what: string): T;
}

const EXPECTED = "It expects a text, { body: 'text' }, a list of these, or nothing.";

/** Each of them throws a TypeError with a sentence that names the bot and what is expected. */
export function botValues(identity: string): BotValues {
  function reply(given: unknown): BotReply {
    if (typeof given === 'string') return given;
    const { body, attributes: its } = (given ?? {}) as Partial<Record<string, unknown>>;
    if (typeof body !== 'string') {
      const found = isPlain(given) ? `an object whose body is ${nameOf(body)}` : nameOf(given);
      throw new TypeError(`The bot ${identity} replied with ${found}. ${EXPECTED}`);
    }
    attributes(its, 'a reply');
    return given as BotReply;
  }

  function attributes<T>(given: T, what: string): T {
    if (given === undefined || isPlain(given)) return given;
    throw new TypeError(
      `The bot ${identity} gave ${what} ${nameOf(given)} for attributes. It expects an object, as { colour: 'red' }.`,
    );
  }

  return {
    replies(given) {
      return repliesOf(given).map(reply);
    },
    reply,
    text(given: unknown, what) {
      if (typeof given === 'string') return given;
      throw new TypeError(`The bot ${identity} called ${what} with ${nameOf(given)}. It expects a text.`);
    },
    attributes,
  };
}

/** Whatever a bot gave back, as a list. */
export function repliesOf(given: BotReplies): readonly BotReply[] {
  if (given === null || given === undefined) return [];
  return typeof given === 'string' || !Array.isArray(given) ? [given as BotReply] : given;
}

function isPlain(given: unknown): boolean {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}

/** Its kind only: what a bot gives back may be a visitor's words. */
function nameOf(given: unknown): string {
  if (given === undefined) return 'nothing';
  if (given === null) return 'null';
  if (Array.isArray(given)) return 'a list';
  return typeof given === 'object' ? 'an object' : `a ${typeof given}`;
}
