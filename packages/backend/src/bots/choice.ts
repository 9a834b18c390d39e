/** What a visitor chose of the buttons or the list of a message. */
export interface Choice {
  /** The id that the template, or the bot, gave the choice. */
  id: string;
  /** SID of the message that offered it. */
  inReplyTo: string;
}

/**
 * What the visitor chose by this message, whose text is the choice's title; `null` when it was written by hand. A
 * stranger may send any id, also one that was never offered.
 *
 * @example
 * onMessageAdded: (message) => (choiceOf(message)?.id === 'yes' ? 'Good to hear.' : 'Tell me more.'),
 */
export function choiceOf(message: { attributes: Readonly<Record<string, unknown>> }): Choice | null {
  const { choice } = message.attributes;
  if (typeof choice !== 'object' || choice === null) return null;
  const { id, inReplyTo } = choice as Partial<Record<string, unknown>>;
  return typeof id === 'string' && typeof inReplyTo === 'string' ? { id, inReplyTo } : null;
}
