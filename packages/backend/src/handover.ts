/** What a conversation's attribute `handover` says. Visitors may be able to write it. */
export interface Handover {
  reason: string;
  /** Who gave the conversation to people: the bot, or the colleague who spoke. */
  by: string;
  /** ISO 8601. */
  at: string;
  /** The message that the bot was answering as it handed over: its answer may be finished. */
  inReplyTo?: string;
}

/** Whether people have taken a conversation over, by its attributes. */
export function isHandedOver({ handover }: Readonly<Record<string, unknown>>): boolean {
  return typeof handover === 'object' && handover !== null;
}

/** Whether it was handed over in answer to this message. */
export function wasHandedOverBy(
  { handover }: Readonly<Record<string, unknown>>,
  messageSid: string,
): boolean {
  return (
    typeof handover === 'object' &&
    handover !== null &&
    'inReplyTo' in handover &&
    handover.inReplyTo === messageSid
  );
}
