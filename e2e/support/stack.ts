import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createNodeHost,
  readEnvironment,
  setUpRoles,
  shopBot,
  wireWebhooks,
} from '@conversations-web-chat/backend';
import { createEmulator, type Emulator, type EmulatorOptions } from '@conversations-web-chat/emulator';
import twilio from 'twilio';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

/** Everything a visitor's browser talks to, on free ports of this machine. */
export interface Stack {
  /** The demo shop; token service and webhooks have the same origin. */
  url: string;
  emulator: Emulator;
  /** The official helper, as the business's own server would use it. */
  rest: ServiceContext;
  close(): Promise<void>;
}

type ServiceContext = ReturnType<ReturnType<typeof twilio>['conversations']['v1']['services']>;

export interface StackOptions {
  emulator?: EmulatorOptions;
  allowedOrigins?: string[];
  siteDir?: string;
  port?: number;
  /** The backend makes the conversations, and roles let visitors do no more than the chat needs. */
  hardened?: boolean;
  /** Variables of the backend's environment beside those that it needs. */
  environment?: Record<string, string>;
}

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const emulator = await createEmulator({ data: ':memory:', ...options.emulator });
  const { credentials, restUrl, wsUrl } = emulator;
  // The host puts the port it was given where these say 0.
  const url = `http://127.0.0.1:${options.port ?? 0}`;
  const environment = readEnvironment({
    ACCOUNT_SID: credentials.accountSid,
    AUTH_TOKEN: credentials.authToken,
    TWILIO_API_KEY_SID: credentials.apiKeySid,
    TWILIO_API_KEY_SECRET: credentials.apiKeySecret,
    CONVERSATIONS_SERVICE_SID: credentials.serviceSid,
    TWILIO_API_BASE_URL: restUrl,
    REALTIME_URL: wsUrl,
    PUBLIC_BASE_URL: url,
    ALLOWED_ORIGINS: [url, ...(options.allowedOrigins ?? [])].join(','),
    PORT: String(options.port ?? 0),
    ...(options.hardened && { CHAT_MODE: 'hardened' }),
    ...options.environment,
  });
  if (!environment.ok) throw new Error(environment.table);
  const host = await createNodeHost({
    config: environment.config,
    bot: shopBot,
    // Another build of the same sources can be put to the same tests: WIDGET_DIST=packages/widget/dist-react
    widgetDir: path.resolve(root, process.env.WIDGET_DIST ?? 'packages/widget/dist'),
    siteDir: options.siteDir ?? path.join(root, 'examples/shop'),
    log: false,
  });
  await wireWebhooks(host.config);
  if (options.hardened) await setUpRoles(host.config);

  const client = twilio(credentials.accountSid, credentials.authToken);
  client.conversations.baseUrl = restUrl;
  return {
    url: host.url,
    emulator,
    rest: client.conversations.v1.services(credentials.serviceSid),
    close: async () => {
      await host.close();
      await emulator.close();
    },
  };
}
