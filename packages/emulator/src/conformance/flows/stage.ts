import type { Client, ClientOptions, Conversation } from '@twilio/conversations';
import { next, shareConversation } from './events.js';

/** What a flow asks of the emulator itself. Arguments and answers are JSON: a browser page asks from a distance. */
export interface Backstage {
  /** An access token as the official helper makes it. Two that are to differ must differ in their lifetime. */
  token(identity: string, seconds?: number): Promise<string>;
  /** Orders a fault, as `POST /_emulator/faults` takes it, and answers how many sockets it met. */
  fault(order: { op: string; [field: string]: unknown }): Promise<number>;
  /** Another order of the emulator's own: `POST /_emulator/{what}`. */
  order(what: string, body: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** A request of the REST API below `/v1`, form-encoded. `{IS}` stands for the service’s SID. */
  rest(method: string, path: string, form?: Record<string, string>): Promise<RestAnswer>;
  /** Writes messages by REST, one after another, with these bodies. */
  write(conversationSid: string, author: string, bodies: string[]): Promise<void>;
  /** Method and path, without its query, of the last things asked, the oldest first; sockets and HTTP alike. */
  asked(): Promise<string[]>;
  /** A line to the emulator on which the first push that holds this text is lost: the socket's URL. */
  losing(text: string): Promise<string>;
  /** Empties the store. */
  reset(): Promise<void>;
}

export interface RestAnswer {
  status: number;
  body: Record<string, unknown>;
}

/** Where a flow plays: an emulator of its own, and clients of the official SDK. Knows no runtime. */
export interface Stage extends Backstage {
  /** A client that has initialised and fetched its list of conversations. */
  connect(identity: string): Promise<Client>;
  /** A client that may still be on its way, or never get there. */
  open(token: string, options?: ClientOptions): Client;
  /** Clients of `identities` and the one conversation they share, as each of them sees it. */
  share(...identities: string[]): Promise<{ clients: Client[]; views: Conversation[] }>;
}

/** One way through the SDK, from its first call to the last thing it must show. It throws when that is not so. */
export interface Flow {
  /**
   * Holds too when replies and pushes come late and events come twice or out of order, because the SDK promises it.
   * What looks at the order of events across objects, or at times, is not promised.
   */
  promised: boolean;
  /** Needs what only a browser has. */
  browserOnly?: boolean;
  run(stage: Stage): Promise<void>;
}

export const promised = (run: Flow['run']): Flow => ({ promised: true, run });
export const inBrowser = (run: Flow['run']): Flow => ({ promised: true, browserOnly: true, run });
export const unpromised = (run: Flow['run']): Flow => ({ promised: false, run });

interface StageOptions {
  /** The SDK under test. */
  Client: typeof Client;
  wsUrl: string;
  backstage: Backstage;
}

export function createStage({
  Client: Sdk,
  wsUrl,
  backstage,
}: StageOptions): Stage & { close(): Promise<void> } {
  const clients: Client[] = [];
  const open: Stage['open'] = (token, options = {}) => {
    // The SDK's type leaves `retryPolicy` out and passes it on.
    const sdkOptions = {
      Twilsock: { uri: wsUrl },
      logLevel: 'silent',
      retryPolicy: { min: 100, max: 500, randomness: 0 },
      ...options,
    } as ClientOptions;
    const client = new Sdk(token, sdkOptions);
    clients.push(client);
    return client;
  };
  const connect: Stage['connect'] = async (identity) => {
    const client = open(await backstage.token(identity));
    await next<void>('initialized', (hear) => client.on('initialized', hear));
    await client.getSubscribedConversations();
    return client;
  };
  return {
    ...backstage,
    open,
    connect,
    async share(...identities) {
      const connected = await Promise.all(identities.map(connect));
      const [owner, ...members] = connected;
      if (!owner) throw new Error('Nobody to share with');
      return { clients: connected, views: await shareConversation(owner, ...members) };
    },
    async close() {
      // `shutdown` waits for ever on a client that never initialised.
      const soEnough = new Promise<void>((resolve) => setTimeout(resolve, 500));
      await Promise.all(clients.map((client) => Promise.race([client.shutdown(), soEnough])));
    },
  };
}
