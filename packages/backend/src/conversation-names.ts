import { createHash, createHmac } from 'node:crypto';

/** Separates this hash from every other use of SHA-256; the same in the widget, which makes the names in easy mode. */
const DOMAIN = Buffer.from('twilio-webchat/conv/v1\0', 'ascii');
const BROUGHT_DOMAIN = Buffer.from('twilio-webchat/brought/v1\0', 'ascii');
const CHAIN_PREFIX = 'w_';
const BROUGHT_PREFIX = 'b_';

/**
 * The unique name of the conversation that follows on `over`, or of a visitor's first. It is the one that the widget
 * gives in easy mode, so that a change to hardened mode finds the same conversation.
 */
export function conversationName(nameSeed: Uint8Array, over?: string, hour?: number): string {
  const hash = createHash('sha256').update(DOMAIN).update(nameSeed);
  if (over !== undefined) hash.update('\0').update(over);
  if (hour !== undefined) hash.update('\0').update(String(hour));
  return CHAIN_PREFIX + hash.digest('base64url').slice(0, 22);
}

/** Whether a name is one of the web chat's, and not one that the business gave. */
export function isChatName(name: string | null): boolean {
  return name?.startsWith(CHAIN_PREFIX) === true;
}

/**
 * The unique name of a conversation that `identity` brought along from another identity. It says whose it is, and only
 * who has the API key's secret can make it: whoever else may name conversations can take it away, and give it to nobody.
 */
export function broughtName(apiKeySecret: string, conversationSid: string, identity: string): string {
  const mac = createHmac('sha256', apiKeySecret)
    .update(BROUGHT_DOMAIN)
    .update(conversationSid)
    .update('\0')
    .update(identity);
  return BROUGHT_PREFIX + mac.digest('base64url').slice(0, 22);
}

/** Whether a conversation may be given {@link broughtName}: a name that the business gave stays. */
export function mayBeRenamed(name: string | null): boolean {
  return !name || isChatName(name) || name.startsWith(BROUGHT_PREFIX);
}
