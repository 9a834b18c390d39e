import { z } from 'zod';
import { type Params, valuesOf } from './call.js';
import { ServiceError } from './errors.js';

/** A webhook delivery, decoded; `other` is an event that this service did not ask for. */
export type WebhookEvent =
  | { type: 'conversation.added'; conversationSid: string; chatServiceSid: string; createdAt?: number }
  | {
      type: 'message.added';
      conversationSid: string;
      chatServiceSid: string;
      messageSid: string;
      index: number;
      source: string;
      author: string;
      body: string;
      attributes: Readonly<Record<string, unknown>>;
      /** Unix milliseconds. */
      createdAt?: number;
    }
  | { type: 'other'; name: string };

const sid = (prefix: string) => z.string().regex(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`));

const common = {
  ConversationSid: sid('CH'),
  ChatServiceSid: sid('IS'),
  DateCreated: z.string().transform(Date.parse).pipe(z.number()).optional(),
};
const conversationAdded = z.object(common);
const messageAdded = z.object({
  ...common,
  MessageSid: sid('IM'),
  Index: z.coerce.number().int().min(0).default(0),
  Source: z.string().default(''),
  Author: z.string().default(''),
  // Twilio leaves empty fields out: a message that is only a file has no Body.
  Body: z.string().default(''),
  Attributes: z.string().default('{}'),
});

/** Decodes the parameters of a delivery whose signature is right. */
export function decodeEvent(params: Params): WebhookEvent {
  const fields = Object.fromEntries(Object.keys(params).map((name) => [name, valuesOf(name, params)[0]]));
  const name = fields.EventType ?? '';
  if (name === 'onConversationAdded') {
    const event = readOrRefuse(conversationAdded, fields);
    return {
      type: 'conversation.added',
      conversationSid: event.ConversationSid,
      chatServiceSid: event.ChatServiceSid,
      ...(event.DateCreated !== undefined && { createdAt: event.DateCreated }),
    };
  }
  if (name === 'onMessageAdded') {
    const event = readOrRefuse(messageAdded, fields);
    return {
      type: 'message.added',
      conversationSid: event.ConversationSid,
      chatServiceSid: event.ChatServiceSid,
      messageSid: event.MessageSid,
      index: event.Index,
      source: event.Source,
      author: event.Author,
      body: event.Body,
      attributes: readAttributes(event.Attributes),
      ...(event.DateCreated !== undefined && { createdAt: event.DateCreated }),
    };
  }
  return { type: 'other', name };
}

function readOrRefuse<T>(schema: z.ZodType<T>, fields: object): T {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  const names = [...new Set(parsed.error.issues.map((issue) => String(issue.path[0])))].join(', ');
  throw new ServiceError(
    'bad_request',
    `The webhook's fields are missing or not what Twilio sends: ${names}.`,
  );
}

/** Visitors write attributes: anything but an object counts as none. */
export function readAttributes(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}
