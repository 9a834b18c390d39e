import { createEmulator, type Emulator } from '@conversations-web-chat/emulator';
import twilio from 'twilio';
import type { Bot } from '../bots/bot.js';
import { createNodeHost, type NodeHost, type NodeHostOptions } from '../hosts/node.js';
import { testConfig } from './config.js';

type Service = ReturnType<twilio.Twilio['conversations']['v1']['services']>;

/** A host over a local Conversations service, with the official helper signed in to it. */
export interface Stack {
  emulator: Emulator;
  host: NodeHost;
  service: Service;
  /** Everything the host logged. */
  log: () => string;
  /** Delivers a webhook as Twilio does, to a path of the host. */
  deliver(path: string, fields: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

/** Origin of the page that the stack's visitors are on. */
export const PAGE_ORIGIN = 'https://shop.example';

/** Starts a stack on free ports of this machine. */
export async function startStack(bot: Bot, options: Partial<NodeHostOptions> = {}): Promise<Stack> {
  const emulator = await createEmulator();
  const { restUrl, wsUrl, credentials } = emulator;
  const lines: string[] = [];
  const host = await createNodeHost({
    config: testConfig({
      ...credentials,
      twilioApiBaseUrl: restUrl,
      realtimeUrl: wsUrl,
      allowedOrigins: [PAGE_ORIGIN],
    }),
    bot,
    log: { level: 'debug', stream: { write: (line) => void lines.push(line) } },
    ...options,
  });
  const client = twilio(credentials.accountSid, credentials.authToken);
  client.conversations.baseUrl = restUrl;

  return {
    emulator,
    host,
    service: client.conversations.v1.services(credentials.serviceSid),
    log: () => lines.join(''),
    deliver(path, fields) {
      const params = {
        AccountSid: credentials.accountSid,
        ChatServiceSid: credentials.serviceSid,
        RetryCount: '0',
        ...fields,
      };
      const url = host.config.publicBaseUrl + path;
      const signature = twilio.getExpectedTwilioSignature(credentials.authToken, url, params);
      return fetch(url, {
        method: 'POST',
        headers: { 'x-twilio-signature': signature },
        body: new URLSearchParams(params),
      });
    },
    async close() {
      await host.close();
      await emulator.close();
    },
  };
}
