import { Client, type ClientOptions, type ConnectionState, type Conversation } from '@twilio/conversations';
import { SignJWT } from 'jose';
import { onTestFinished } from 'vitest';
import { createEmulator, type Emulator, type EmulatorOptions } from '../index.js';

/** An emulator of one test, the SDK clients and raw sockets it opens, and their end with the test. */
export interface Service extends Emulator {
  /** An access token as the official helper makes it; claims and header may be bent. */
  token(identity: string, bend?: TokenBend): Promise<string>;
  /** An SDK client that has initialised and fetched its list of conversations. */
  connect(identity: string, options?: ConnectOptions): Promise<Client>;
  /** An SDK client that may still be on its way, or never get there. */
  open(token: string): Client;
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

const patience = 15_000;

export async function startService(options: EmulatorOptions = {}): Promise<Service> {
  const emulator = await createEmulator(options);
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

/**
 * The first value a listener hears that is accepted. Call it before the act that causes the event.
 *
 * @example
 * const added = next<Message>('messageAdded', (hear) => conversation.on('messageAdded', hear));
 */
export function next<T>(
  what: string,
  listen: (hear: (value: T) => void) => void,
  accept: (value: T) => boolean = () => true,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Waited ${patience} ms for ${what}`)), patience);
    listen((value) => {
      if (!accept(value)) return;
      clearTimeout(timer);
      resolve(value);
    });
  });
}

/** The next time a client gets into a connection state. */
export function reaches(client: Client, wanted: ConnectionState): Promise<ConnectionState> {
  return next<ConnectionState>(
    wanted,
    (hear) => client.on('connectionStateChanged', hear),
    (state) => state === wanted,
  );
}

/** A conversation of `owner` that all of `members` take part in, as each of them sees it, its owner first. */
export async function shareConversation(owner: Client, ...members: Client[]): Promise<Conversation[]> {
  const conversation = await owner.createConversation({ friendlyName: 'Shared' });
  const joined = [owner, ...members].map((client) =>
    next<Conversation>(
      `conversationJoined of ${client.user.identity}`,
      (hear) => client.on('conversationJoined', hear),
      ({ sid }) => sid === conversation.sid,
    ),
  );
  await conversation.join();
  for (const member of members) await conversation.add(member.user.identity);
  const views = await Promise.all(joined);
  // A list announces only what comes after it was opened.
  await Promise.all(views.map((view) => view.getMessages(1)));
  return views;
}
