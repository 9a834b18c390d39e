import { repliesOf } from '../bot-replies.js';
import type { Bot, BotContext, PastMessage } from '../bots/bot.js';

/** A conversation without Twilio: asks a bot and writes down what it does. */
export interface Notebook {
  ask(body: string, more?: { attributes?: Readonly<Record<string, unknown>> }): Promise<void>;
  /** Puts a message of somebody else into the conversation; the bot is not asked. */
  add(author: string, body: string): void;
  context(): BotContext;
  /** All messages of the conversation. */
  past(): readonly PastMessage[];
  /** What the bot said, as it stands in the end. */
  said(): string[];
  /** What it did beside talking. */
  acts(): string[];
  /** Both, in their order. */
  order(): string[];
  /** Every text that a growing reply has shown, in its order. */
  shown(): string[];
}

/** Opens an empty conversation with a bot. */
export function createNotebook(bot: Bot, signal: AbortSignal = new AbortController().signal): Notebook {
  const messages: PastMessage[] = [];
  const order: { kind: 'said' | 'did'; text: string }[] = [];
  const shown: string[] = [];
  let answering = 0;

  function add(
    author: string,
    body: string,
    attributes: Readonly<Record<string, unknown>> = {},
  ): PastMessage {
    const index = messages.length;
    const message = { sid: `IM${index}`, body, author, index, attributes, own: author === bot.identity };
    messages.push(message);
    return message;
  }

  function say(body: string, attributes?: Readonly<Record<string, unknown>>): (text: string) => void {
    signal.throwIfAborted();
    const message = add(bot.identity, body, { ...attributes, inReplyTo: `IM${answering}` });
    const entry = { kind: 'said' as const, text: body };
    order.push(entry);
    return (text) => {
      message.body = text;
      entry.text = text;
    };
  }

  async function act(text: string): Promise<void> {
    order.push({ kind: 'did', text });
  }

  const context = (): BotContext => ({
    conversationSid: `CH${'0'.repeat(32)}`,
    chatServiceSid: `IS${'0'.repeat(32)}`,
    now: new Date(0),
    signal,
    attributes: async () => ({}),
    history: async (limit = 20) => messages.slice(0, answering).slice(-limit),
    reply: async (reply) => {
      if (typeof reply === 'string') say(reply);
      else say(reply.body, reply.attributes);
    },
    saidBefore: async () => [],
    replyWithTemplate: (contentSid) => act(`template: ${contentSid}`),
    growingReply(attributes) {
      let grow: ((text: string) => void) | undefined;
      const show = (text: string): void => {
        shown.push(text);
        if (grow) grow(text);
        else grow = say(text, attributes);
      };
      return { update: show, finish: async (text) => show(text) };
    },
    typing: async () => {},
    setAttributes: (attributes) => act(`attributes: ${JSON.stringify(attributes)}`),
    handOver: (reason) => act(`handOver: ${reason}`),
    end: () => act('end'),
  });

  return {
    async ask(body, { attributes = {} } = {}) {
      const message = add('visitor', body, attributes);
      answering = message.index;
      const there = context();
      for (const reply of repliesOf(await bot.onMessageAdded(message, there))) await there.reply(reply);
    },
    add: (author, body) => void add(author, body),
    context,
    past: () => messages,
    said: () => order.filter(({ kind }) => kind === 'said').map(({ text }) => text),
    acts: () => order.filter(({ kind }) => kind === 'did').map(({ text }) => text),
    order: () => order.map(({ text }) => text),
    shown: () => shown,
  };
}
