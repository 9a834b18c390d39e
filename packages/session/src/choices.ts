import type { RemoteMessage } from './connection.js';

/** What a visitor chose, as it travels in the attributes of the message that says so. */
export interface Choice {
  readonly id: string;
  /** SID of the message that offered it. */
  readonly inReplyTo: string;
}

/** What was chosen of each message that offered something; by the visitor's own messages, so that a reload knows it, too. */
export interface Choices {
  /** Ids by SID of the message that offered them; another map when there is one more. */
  made(): ReadonlyMap<string, string>;
  saw(messages: readonly RemoteMessage[]): void;
  clear(): void;
}

/** @param isOwn an identity of this visitor: what others say was chosen counts for nothing */
export function createChoices(isOwn: (identity: string) => boolean): Choices {
  let made: ReadonlyMap<string, string> = new Map();
  const places = new Map<string, number>();
  return {
    made: () => made,
    saw(messages) {
      for (const { author, index, attributes } of messages) {
        const choice = isOwn(author) ? readChoice(attributes) : null;
        // Where two tabs chose at the same time, the first is what was answered to, in whatever order they are read.
        if (!choice || (places.get(choice.inReplyTo) ?? Number.POSITIVE_INFINITY) <= index) continue;
        places.set(choice.inReplyTo, index);
        made = new Map(made).set(choice.inReplyTo, choice.id);
      }
    },
    clear() {
      made = new Map();
      places.clear();
    },
  };
}

/** Total: the choice in a message's attributes, or in what stands in storage. */
export function readChoice(attributes: unknown): Choice | null {
  if (typeof attributes !== 'object' || attributes === null || !('choice' in attributes)) return null;
  const { choice } = attributes;
  if (typeof choice !== 'object' || choice === null) return null;
  const { id, inReplyTo } = choice as Partial<Record<string, unknown>>;
  return typeof id === 'string' && typeof inReplyTo === 'string' ? { id, inReplyTo } : null;
}
