import { type ConversationPlace, conversation } from './bot-messages.js';
import type { InTurn } from './in-turn.js';
import type { TwilioClient } from './twilio-client.js';
import { readAttributes } from './webhook-events.js';

/** Attributes by name. */
export type Attributes = Readonly<Record<string, unknown>>;

/** One conversation's attributes. */
export interface ConversationAttributes {
  /** As they were when last read or written. */
  read(): Promise<Attributes>;
  /** Sets what `change` makes of them and keeps the others; `null` removes one. Nothing is written for no change. */
  merge(change: (current: Attributes) => Attributes): Promise<void>;
}

/** Twilio's limit for the attributes of a conversation. */
const MOST_BYTES = 16 * 1024;

/**
 * Attributes by the REST API. It has no way to write only where nothing was written meanwhile, so changes of this
 * server take turns; `inTurn` must not be the one whose turn the caller has.
 */
export function createConversationAttributes(options: {
  client: TwilioClient;
  place: ConversationPlace;
  inTurn: InTurn;
  /** Where they were read already. */
  known?: Attributes;
}): ConversationAttributes {
  const { client, place, inTurn } = options;
  const there = conversation(client, place);
  let { known } = options;

  async function fetch(): Promise<Attributes> {
    return readAttributes((await there.fetch()).attributes);
  }

  return {
    async read() {
      known ??= await fetch();
      return known;
    },
    merge: (change) =>
      inTurn(place.conversationSid, async () => {
        const current = await fetch();
        const merged: Attributes = Object.fromEntries(
          Object.entries({ ...current, ...change(current) }).filter(([, value]) => value !== null),
        );
        known = merged;
        const text = JSON.stringify(merged);
        if (text === JSON.stringify(current)) return;
        const bytes = Buffer.byteLength(text);
        if (bytes > MOST_BYTES) {
          known = current;
          throw new RangeError(
            `The conversation's attributes would take ${bytes} bytes; Twilio keeps ${MOST_BYTES}. Keep less in them.`,
          );
        }
        await there.update({ attributes: text });
      }),
  };
}
