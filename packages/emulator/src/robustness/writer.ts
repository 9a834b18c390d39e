import type { Client, Conversation, Message } from '@twilio/conversations';
import type { JsonObject } from '../json.js';
import { absent, createLedger, type Ledger, nameOf, there } from './ledger.js';
import type { Act } from './schedule.js';

/** An SDK client at work in one conversation, with the little model that an application keeps of it. */
export interface Writer {
  identity: string;
  client: Client;
  conversation: Conversation;
  ledger: Ledger;
  /** The indexes that `messageAdded` told, in the order it told them. */
  heard: number[];
  /** The indexes that were read by `getMessages` meanwhile: no event need tell these. */
  read: Set<number>;
  /** Messages by index, from events and pages; the SDK keeps the objects up to date. */
  known: Map<number, Message>;
  /** Carries out one act. A call that fails leaves the ledger with both outcomes. */
  perform(act: Act): Promise<void>;
  /** Sends until one send is acknowledged. */
  sendForSure(): Promise<void>;
  /** Calls back whenever something of the conversation changed. */
  onChange(tell: () => void): () => void;
}

const changes = [
  'messageAdded',
  'messageUpdated',
  'messageRemoved',
  'participantJoined',
  'participantLeft',
  'participantUpdated',
  'updated',
] as const;

export function createWriter(client: Client, conversation: Conversation): Writer {
  const { identity } = client.user;
  const ledger = createLedger();
  const heard: number[] = [];
  const read = new Set<number>();
  const known = new Map<number, Message>();
  let count = 0;

  conversation.on('messageAdded', (message) => {
    heard.push(message.index);
    known.set(message.index, message);
  });
  // A page that was on its way as a message went still holds it, and arrives after the event.
  const removed = new Set<number>();
  conversation.on('messageRemoved', ({ index }) => {
    removed.add(index);
    known.delete(index);
  });

  const own = (of: number): Message | undefined => {
    const mine = [...known.values()].filter(({ author }) => author === identity);
    return mine[of % mine.length];
  };
  /** Makes a call whose failure means nothing: it may have been carried out. Answers whether it was acknowledged. */
  const tries = async (call: () => Promise<unknown>): Promise<boolean> => {
    try {
      await call();
      return true;
    } catch {
      return false;
    }
  };
  const write = async (
    things: Readonly<Record<string, string>>,
    call: () => Promise<unknown>,
  ): Promise<boolean> => {
    for (const [thing, value] of Object.entries(things)) ledger.begin(thing, value);
    const done = await tries(call);
    if (done) for (const [thing, value] of Object.entries(things)) ledger.acknowledge(thing, value);
    return done;
  };
  const send = (): Promise<boolean> => {
    const name = `${identity}-${count++}`;
    const body = `body of ${name}`;
    return write({ [`message ${name}`]: there, [`body ${name}`]: body }, async () => {
      const index = await conversation.sendMessage(body, { name });
      ledger.acknowledge(`index ${name}`, String(index));
    });
  };
  const change = async (
    of: number,
    kind: 'body' | 'mark',
    call: (message: Message, value: string) => Promise<unknown>,
  ) => {
    const message = own(of);
    if (!message) return;
    const value = `${kind} ${count++}`;
    await write({ [`${kind} ${nameOf(message.attributes)}`]: value }, () => call(message, value));
  };

  return {
    identity,
    client,
    conversation,
    ledger,
    heard,
    read,
    known,
    async perform(act) {
      switch (act.type) {
        case 'send':
          await send();
          return;
        case 'edit':
          return change(act.of, 'body', (message, value) => message.updateBody(value));
        case 'mark':
          return change(act.of, 'mark', (message, mark) =>
            message.updateAttributes({ name: nameOf(message.attributes), mark }),
          );
        case 'remove': {
          const message = own(act.of);
          if (!message) return;
          await write({ [`message ${nameOf(message.attributes)}`]: absent }, () => message.remove());
          return;
        }
        case 'create': {
          const uniqueName = `${identity}-${count++}`;
          await write({ [`conversation ${uniqueName}`]: there }, () =>
            client.createConversation({ uniqueName }),
          );
          return;
        }
        case 'attributes':
          await tries(() => conversation.updateAttributes({ by: identity, count: count++ }));
          return;
        case 'read': {
          const index = Math.max(-1, ...known.keys());
          if (index < 0) return;
          await write({ [`horizon ${identity}`]: String(index) }, () =>
            conversation.updateLastReadMessageIndex(index),
          );
          return;
        }
        case 'look':
          await tries(async () => {
            for (const message of (await conversation.getMessages(10)).items) {
              read.add(message.index);
              if (!removed.has(message.index)) known.set(message.index, message);
            }
          });
          return;
        case 'add guest':
        case 'remove guest': {
          // Each writer has guests of its own, so that what it did last is what is true.
          const guest = `${identity}s-${act.guest}`;
          const adds = act.type === 'add guest';
          await write({ [`participant ${guest}`]: adds ? there : absent }, () =>
            adds ? conversation.add(guest) : conversation.removeParticipant(guest),
          );
          return;
        }
      }
    },
    async sendForSure() {
      while (!(await send())) await connected(client);
    },
    onChange(tell) {
      for (const event of changes) conversation.on(event, tell);
      return () => {
        for (const event of changes) conversation.off(event, tell);
      };
    },
  };
}

/** Settles as soon as the client is connected. */
export function connected(client: Client): Promise<void> {
  return new Promise((resolve) => {
    if (client.connectionState === 'connected') return resolve();
    const hear = (state: string): void => {
      if (state !== 'connected') return;
      client.off('connectionStateChanged', hear);
      resolve();
    };
    client.on('connectionStateChanged', hear);
  });
}

/** What a writer sees of the conversation, in the words of {@link storedView}. */
export async function seenView({ conversation, known }: Writer): Promise<JsonObject> {
  const participants = await conversation.getParticipants();
  const messages = [...known.values()].sort((a, b) => a.index - b.index);
  return view(conversation, participants, messages);
}

/** The same, with the messages that `getMessages` pages out, from the newest back. */
export async function pagedView({ conversation }: Writer): Promise<JsonObject> {
  const participants = await conversation.getParticipants();
  const messages: Message[] = [];
  for (let page = await conversation.getMessages(10); ; page = await page.prevPage()) {
    messages.unshift(...page.items);
    if (!page.hasPrevPage) return view(conversation, participants, messages);
  }
}

function view(
  conversation: Conversation,
  participants: Awaited<ReturnType<Conversation['getParticipants']>>,
  messages: readonly Message[],
): JsonObject {
  return {
    attributes: conversation.attributes,
    lastMessage: conversation.lastMessage?.index ?? null,
    participants: participants
      .map(({ identity, lastReadMessageIndex }) => [identity, lastReadMessageIndex])
      .sort(byFirst),
    messages: messages.map(({ index, sid, author, body, attributes }) => ({
      index,
      sid,
      author,
      body,
      attributes,
    })),
  };
}

export const byFirst = (a: readonly unknown[], b: readonly unknown[]): number =>
  String(a[0]) < String(b[0]) ? -1 : 1;
