import { Client, type ClientOptions } from '@twilio/conversations';
import { SignJWT } from 'jose';
import { onTestFinished } from 'vitest';
import type { Domain } from '../conversations/domain.js';
import type { Emulator, EmulatorOptions } from '../index.js';
import { type StartParts, startEmulator } from '../server.js';
import { next } from './flows/events.js';

export { next, reaches, shareConversation } from './flows/events.js';

/** An emulator of one test, the SDK clients and raw sockets it opens, and their end with the test. */
export interface Service extends Emulator {
  /** An access token as the official helper makes it; claims and header may be bent. */
  token(identity: string, bend?: TokenBend): Promise<string>;
  /** An SDK client that has initialised and fetched its list of conversations. */
  connect(identity: string, options?: ConnectOptions): Promise<Client>;
  /** An SDK client that may still be on its way, or never get there. */
  open(token: string): Client;
  /** What the emulator stands on, for what no client could do so fast. */
  domain: Domain;
}

export interface TokenBend {
  seconds?: number;
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  secret?: string;
}

interface ConnectOptions {
  seconds?: number;
}

export async function startService(options: EmulatorOptions = {}, parts: StartParts = {}): Promise<Service> {
  const { emulator, domain } = await startEmulator(options, parts);
  const { credentials } = emulator;
  const clients: Client[] = [];

  const token: Service['token'] = (identity, bend = {}) => {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      jti: `${credentials.apiKeySid}-${now}`,
      iss: credentials.apiKeySid,
      sub: credentials.accountSid,
      iat: now,
      exp: now + (bend.seconds ?? 3600),
      grants: { identity, chat: { service_sid: credentials.serviceSid } },
      ...bend.claims,
    };
    return new SignJWT(claims)
      .setProtectedHeader({ typ: 'JWT', alg: 'HS256', cty: 'twilio-fpa;v=1', ...bend.header })
      .sign(new TextEncoder().encode(bend.secret ?? credentials.apiKeySecret));
  };
  const open = (jwt: string): Client => {
    // The SDK's type leaves `retryPolicy` out and passes it on.
    const sdkOptions = {
      Twilsock: { uri: emulator.wsUrl },
      logLevel: 'silent',
      retryPolicy: { min: 100, max: 500, randomness: 0 },
    } as ClientOptions;
    const client = new Client(jwt, sdkOptions);
    clients.push(client);
    return client;
  };

  onTestFinished(async () => {
    // `shutdown` waits for ever on a client that never initialised.
    await Promise.all(clients.map((client) => Promise.race([client.shutdown(), afterAWhile(1_000)])));
    await emulator.close();
  });
  return {
    ...emulator,
    domain,
    token,
    open,
    async connect(identity, { seconds } = {}) {
      const client = open(await token(identity, seconds === undefined ? {} : { seconds }));
      await next<void>('initialized', (hear) => client.on('initialized', hear));
      await client.getSubscribedConversations();
      return client;
    },
  };
}

function afterAWhile(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
