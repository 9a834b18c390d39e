import { type ConversationPlace, conversation } from './bot-messages.js';
import { detachBot } from './bot-webhooks.js';
import type { Bot, BotContext, BotReply, GrowingReply, PastMessage } from './bots/bot.js';
import type { TwilioClient } from './twilio-client.js';
import { readAttributes } from './webhook-events.js';

const LONGEST_HISTORY = 100;
const TYPING_MS = 10_000;

/** What a context is made of. */
export interface BotContextOptions {
  client: TwilioClient;
  place: ConversationPlace;
  bot: Bot;
  /** The message that is answered; none for a welcome. */
  message?: { sid: string; index: number };
  /** The address of the webhook that brings the bot its messages. */
  messageAddedUrl: string;
  now: () => number;
  signal: AbortSignal;
}

/** What a bot can do in one conversation, by the REST API. */
export function createBotContext(options: BotContextOptions): BotContext {
  const { client, place, bot, message, now, signal } = options;
  const there = conversation(client, place);
  let part = 0;

  async function send(
    content: { body: string } | { contentSid: string; contentVariables: string },
    attributes: Readonly<Record<string, unknown>> | undefined,
  ): Promise<string> {
    signal.throwIfAborted();
    const marks = { ...attributes, ...(message && { inReplyTo: message.sid, part: part++ }) };
    // Without `X-Twilio-Webhook-Enabled` it fires no webhook, so a bot cannot wake itself.
    const sent = await there.messages.create({
      author: bot.identity,
      attributes: JSON.stringify(marks),
      ...content,
    });
    return sent.sid;
  }

  async function readConversation(): Promise<Readonly<Record<string, unknown>>> {
    return readAttributes((await there.fetch()).attributes);
  }

  async function merge(changes: Readonly<Record<string, unknown>>): Promise<void> {
    const merged = Object.entries({ ...(await readConversation()), ...changes }).filter(
      ([, value]) => value !== null,
    );
    await there.update({ attributes: JSON.stringify(Object.fromEntries(merged)) });
  }

  function growing(attributes: Readonly<Record<string, unknown>> | undefined): GrowingReply {
    let sid: Promise<string> | undefined;
    return {
      update(text) {
        sid ??= send({ body: text }, attributes);
      },
      async finish(text) {
        if (sid === undefined) await send({ body: text }, attributes);
        else await there.messages(await sid).update({ body: text });
      },
    };
  }

  return {
    ...place,
    now: new Date(now()),
    signal,
    attributes: readConversation,
    async history(limit = 20) {
      const newest = await there.messages.list({
        order: 'desc',
        limit: Math.min(LONGEST_HISTORY, limit) + (message ? 1 : 0),
      });
      return newest
        .reverse()
        .filter((each) => message === undefined || each.index < message.index)
        .map(
          (each): PastMessage => ({
            sid: each.sid,
            body: each.body ?? '',
            author: each.author ?? '',
            index: each.index,
            attributes: readAttributes(each.attributes),
            own: each.author === bot.identity,
          }),
        );
    },
    async reply(reply: BotReply) {
      const { body, attributes } =
        typeof reply === 'string' ? { body: reply } : { attributes: undefined, ...reply };
      await send({ body }, attributes);
    },
    async replyWithTemplate(contentSid, variables = {}, attributes) {
      await send({ contentSid, contentVariables: JSON.stringify(variables) }, attributes);
    },
    growingReply: growing,
    typing: () => merge({ working: { by: bot.identity, until: new Date(now() + TYPING_MS).toISOString() } }),
    setAttributes: merge,
    async handOver(reason) {
      // Marked first: whoever looks in between sees a conversation that waits for people.
      await merge({ handover: { reason, by: bot.identity, at: new Date(now()).toISOString() } });
      await detachBot(client, place, options.messageAddedUrl);
    },
    async end() {
      await there.update({ state: 'closed' });
    },
  };
}

/** Whatever a bot gave back, as a list. */
export function repliesOf(given: Awaited<ReturnType<Bot['onMessageAdded']>>): readonly BotReply[] {
  if (given === null || given === undefined) return [];
  return typeof given === 'string' || !Array.isArray(given) ? [given as BotReply] : given;
}
