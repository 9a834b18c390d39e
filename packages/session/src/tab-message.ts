import type { TabMessage } from './ports.js';

/** What one tab has to tell the others of the same visitor. */
export type TabNews =
  /** Everything up to `to` has been seen. */
  | { kind: 'read'; conversationSid: string; to: number }
  /** The draft is `text`, and was `before` until now. */
  | { kind: 'draft'; conversationSid: string | null; text: string; before: string }
  /** The visitor has ended the conversation. */
  | { kind: 'ended'; conversationSid: string }
  /** Another conversation has taken the place of `ended`. */
  | { kind: 'moved'; conversationSid: string; ended: string }
  /** Everything of the visitor is being taken away. */
  | { kind: 'forget' };

/** Longer than any text that can be sent; what is longer stays in its own tab. */
const LONGEST_DRAFT = 65_536;
const CONVERSATION_SID = /^CH[0-9a-f]{32}$/i;

/** `null` for what is not fit to be told. */
export function tabMessage(identity: string, news: TabNews): TabMessage | null {
  const message = { ...news, identity };
  return readTabMessage(message, identity) && message;
}

/** Total: another version of the chat may speak, or something else of the page under the same name. */
export function readTabMessage(value: unknown, identity: string): TabNews | null {
  if (typeof value !== 'object' || value === null) return null;
  const fields = value as Partial<Record<string, unknown>>;
  const { kind, to, text, before } = fields;
  // Whoever is meant: what this browser keeps of any visitor goes.
  if (kind === 'forget') return { kind };
  if (fields.identity !== identity) return null;
  const conversationSid = sidOrNull(fields.conversationSid);
  if (kind === 'draft' && (conversationSid !== null || fields.conversationSid === null)) {
    return isDraft(text) && isDraft(before) ? { kind, conversationSid, text, before } : null;
  }
  if (conversationSid === null) return null;
  if (kind === 'read') return isIndex(to) ? { kind, conversationSid, to } : null;
  if (kind === 'ended') return { kind, conversationSid };
  const ended = sidOrNull(fields.ended);
  return kind === 'moved' && ended !== null ? { kind, conversationSid, ended } : null;
}

export function isIndex(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isDraft(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LONGEST_DRAFT;
}

function sidOrNull(value: unknown): string | null {
  return typeof value === 'string' && CONVERSATION_SID.test(value) ? value : null;
}
