import { createEmulator, type Emulator } from '@conversations-web-chat/emulator';
import twilio from 'twilio';
import { readEnvironment } from '../env.js';
import { createNodeHost } from '../hosts/node.js';
import { FUNCTION_WEBHOOK_PATHS, WEBHOOK_PATHS, type WebhookUrls } from '../webhook-urls.js';
import { bot } from './echo-bot.js';
import { serveFunctions } from './functions-runtime.js';
import type { Visitor } from './visitor.js';

/** Where the pages are that the visitors of this suite are on. */
export const PAGE_ORIGIN = 'https://shop.example';

type Service = ReturnType<twilio.Twilio['conversations']['v1']['services']>;

/** The service on one host, over a Conversations service of its own. */
export interface RunningHost {
  url: string;
  /** Where the webhooks are, without the host's address. */
  paths: WebhookUrls;
  emulator: Emulator;
  service: Service;
  close(): Promise<void>;
}

/** A way to host the service. */
export interface HostUnderTest {
  name: 'Node' | 'Functions';
  start(environment?: Record<string, string>): Promise<RunningHost>;
}

type Start = (environment: Record<string, string>) => Promise<{ url: string; close(): Promise<void> }>;

async function startOn(
  start: Start,
  paths: WebhookUrls,
  changes: Record<string, string>,
): Promise<RunningHost> {
  const emulator = await createEmulator();
  const { credentials, restUrl, wsUrl } = emulator;
  const host = await start({
    ACCOUNT_SID: credentials.accountSid,
    AUTH_TOKEN: credentials.authToken,
    TWILIO_API_KEY_SID: credentials.apiKeySid,
    TWILIO_API_KEY_SECRET: credentials.apiKeySecret,
    CONVERSATIONS_SERVICE_SID: credentials.serviceSid,
    TWILIO_API_BASE_URL: restUrl,
    REALTIME_URL: wsUrl,
    ALLOWED_ORIGINS: PAGE_ORIGIN,
    ...changes,
  });
  const client = twilio(credentials.accountSid, credentials.authToken);
  client.conversations.baseUrl = restUrl;
  return {
    url: host.url,
    paths,
    emulator,
    service: client.conversations.v1.services(credentials.serviceSid),
    async close() {
      await host.close();
      await emulator.close();
    },
  };
}

async function startNode(environment: Record<string, string>) {
  const reading = readEnvironment({ PUBLIC_BASE_URL: 'http://127.0.0.1:0', PORT: '0', ...environment });
  if (!reading.ok) throw new Error(reading.table);
  return await createNodeHost({ config: reading.config, bot, log: false });
}

/** Both hosts: the one on Node, and built Functions on Twilio's own runtime. */
export function hostsUnderTest(functionsDir: () => string): HostUnderTest[] {
  return [
    { name: 'Node', start: (changes = {}) => startOn(startNode, WEBHOOK_PATHS, changes) },
    {
      name: 'Functions',
      start: (changes = {}) =>
        startOn(
          (environment) => serveFunctions(functionsDir(), environment),
          FUNCTION_WEBHOOK_PATHS,
          changes,
        ),
    },
  ];
}

/** A request as a page makes it, or somebody who is none. */
export interface Ask {
  method?: string;
  query?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** The type of a form. */
export const form = { 'content-type': 'application/x-www-form-urlencoded' };

/** The call of a visitor who proves it. */
export const shows = ({ identity, proof }: Visitor): Ask => ({
  query: `?identity=${identity}`,
  headers: form,
  body: `proof=${proof}`,
});

/** Makes a request; without an `origin` of its own it comes from the page, with an empty one from nowhere. */
export async function call(
  where: string,
  { method = 'POST', query = '', headers = {}, body }: Ask,
): Promise<Response> {
  const { origin = PAGE_ORIGIN, ...others } = headers;
  return await fetch(where + query, {
    method,
    headers: { ...(origin !== '' && { origin }), ...others },
    ...(body !== undefined && { body }),
  });
}
