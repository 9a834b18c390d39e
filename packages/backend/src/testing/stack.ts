import { createEmulator, type Emulator } from '@conversations-web-chat/emulator';
import twilio from 'twilio';
import type { Bot } from '../bots/bot.js';
import type { Call } from '../call.js';
import type { Config } from '../config.js';
import { createNodeHost, type NodeHost, type NodeHostOptions } from '../hosts/node.js';
import { testConfig } from './config.js';
import { CONVERSATION_ADDED, MESSAGE_ADDED, messageFields } from './deliveries.js';

type Service = ReturnType<twilio.Twilio['conversations']['v1']['services']>;

/** A host over a local Conversations service, with the official helper signed in to it. */
export interface Stack {
  emulator: Emulator;
  host: NodeHost;
  service: Service;
  /** Everything the host logged. */
  log: () => string;
  /** A webhook call as Twilio makes it, for handlers without a host. */
  signedCall(path: string, fields: Record<string, string>): Call;
  /** Delivers a webhook as Twilio does, to a path of the host. */
  deliver(path: string, fields: Record<string, string>): Promise<Response>;
  /** Reports a new conversation. */
  added(conversationSid: string): Promise<Response>;
  /** Reports a visitor's message. */
  said(conversationSid: string, body: string, fields?: Record<string, string>): Promise<Response>;
  /** A conversation that nobody was told of. */
  newConversation(): Promise<string>;
  bodiesIn(conversationSid: string): Promise<string[]>;
  close(): Promise<void>;
}

/** Origin of the page that the stack's visitors are on. */
export const PAGE_ORIGIN = 'https://shop.example';

/** Starts a stack on free ports of this machine. */
export async function startStack(
  bot: Bot,
  options: Partial<NodeHostOptions> = {},
  changes: Partial<Config> = {},
): Promise<Stack> {
  const emulator = await createEmulator();
  const { restUrl, wsUrl, credentials } = emulator;
  const lines: string[] = [];
  const host = await createNodeHost({
    config: testConfig({
      ...credentials,
      twilioApiBaseUrl: restUrl,
      realtimeUrl: wsUrl,
      allowedOrigins: [PAGE_ORIGIN],
      ...changes,
    }),
    bot,
    log: { level: 'debug', stream: { write: (line) => void lines.push(line) } },
    ...options,
  });
  const client = twilio(credentials.accountSid, credentials.authToken);
  client.conversations.baseUrl = restUrl;

  const service = client.conversations.v1.services(credentials.serviceSid);

  function sign(path: string, fields: Record<string, string>) {
    const params = {
      AccountSid: credentials.accountSid,
      ChatServiceSid: credentials.serviceSid,
      RetryCount: '0',
      ...fields,
    };
    const url = host.config.publicBaseUrl + path;
    const signature = twilio.getExpectedTwilioSignature(credentials.authToken, url, params);
    return { url, headers: { 'x-twilio-signature': signature }, params };
  }

  function deliver(path: string, fields: Record<string, string>): Promise<Response> {
    const { url, headers, params } = sign(path, fields);
    return fetch(url, { method: 'POST', headers, body: new URLSearchParams(params) });
  }

  return {
    emulator,
    host,
    service,
    log: () => lines.join(''),
    signedCall(path, fields) {
      const { headers, params } = sign(path, fields);
      return { method: 'POST', headers, query: {}, search: '', body: { kind: 'params', params } };
    },
    deliver,
    added: (ConversationSid) =>
      deliver(CONVERSATION_ADDED, { EventType: 'onConversationAdded', ConversationSid }),
    said: (conversationSid, body, fields = {}) =>
      deliver(MESSAGE_ADDED, { ...messageFields(conversationSid, body), ...fields }),
    newConversation: async () => (await service.conversations.create({})).sid,
    bodiesIn: async (conversationSid) =>
      (await service.conversations(conversationSid).messages.list()).map(({ body }) => body),
    async close() {
      await host.close();
      await emulator.close();
    },
  };
}
