import { type Choice, createChoices } from './choices.js';
import type { RemoteMessage } from './connection.js';
import { type ContentReader, createContentReader } from './content-reader.js';
import { choicesOf } from './read-rich-content.js';
import type { ChatMessage } from './snapshot.js';

/** What messages offer beside their text, and what this visitor chose of it. */
export interface RichMessages extends Omit<ContentReader, 'saw'> {
  /** Ids of what was chosen, by SID of the message that offered it. */
  choices(): ReadonlyMap<string, string>;
  saw(messages: readonly RemoteMessage[]): void;
  /** The text and the attribute by which a choice is told; `null` where it is not offered, or something was chosen. */
  choose(offer: ChatMessage | undefined, choiceId: string): { title: string; choice: Choice } | null;
}

export function createRichMessages(
  options: Parameters<typeof createContentReader>[0] & { isOwn(identity: string): boolean },
): RichMessages {
  const reader = createContentReader(options);
  const choices = createChoices(options.isOwn);
  return {
    ...reader,
    choices: choices.made,
    saw(messages) {
      choices.saw(messages);
      reader.saw(messages);
    },
    choose(offer, choiceId) {
      if (!offer || offer.sid === null || offer.chosen !== null) return null;
      const found = choicesOf(offer.content).find(({ id }) => id === choiceId);
      return found ? { title: found.title, choice: { id: found.id, inReplyTo: offer.sid } } : null;
    },
    clear() {
      reader.clear();
      choices.clear();
    },
  };
}
