import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { createEmulator, type EmulatorOptions } from '@conversations-web-chat/emulator';
import { createChatSession } from '../chat-session.js';
import type { Connect, LinkState } from '../connection.js';
import type { ChatSession, ChatSessionOptions } from '../contract.js';
import type { FetchToken, SessionClock, SessionCrypto } from '../ports.js';
import { createFakeExclusive, createMemoryStorage } from '../testing.js';
import { createTwilioConnection, type RetryPolicy } from '../twilio-connection.js';

/** The clock, the randomness and the hash of Node. */
export const nodeClock: SessionClock = {
  now: () => Date.now(),
  steady: () => performance.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};
const nodeCrypto: SessionCrypto = {
  randomBytes: (length) => new Uint8Array(randomBytes(length)),
  randomId: () => randomUUID(),
  sha256: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
};

/** What was started, to be ended in the order in which it leans on each other. */
export type CleanUps = (() => Promise<unknown>)[];

export async function cleanUpAll(cleanUps: CleanUps): Promise<void> {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
}

/** A real emulator, a token service beside it, and the REST API as a site's server would use it. */
export async function startRealService(cleanUps: CleanUps, options: EmulatorOptions = {}) {
  const emulator = await createEmulator(options);
  cleanUps.push(() => emulator.close());
  const { credentials } = emulator;
  let seconds = 3_600;

  /** A token by the emulator's key, or with claims and a key that are none of its. */
  const mint = (identity: string, wrong: Record<string, unknown> & { secret?: string } = {}): string => {
    const { secret = credentials.apiKeySecret, ...claims } = wrong;
    const now = Math.floor(Date.now() / 1_000);
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const unsigned = `${part({ typ: 'JWT', alg: 'HS256', cty: 'twilio-fpa;v=1' })}.${part({
      jti: `${credentials.apiKeySid}-${randomUUID()}`,
      iss: credentials.apiKeySid,
      sub: credentials.accountSid,
      iat: now,
      exp: now + seconds,
      grants: { identity, chat: { service_sid: credentials.serviceSid } },
      ...claims,
    })}`;
    return `${unsigned}.${createHmac('sha256', secret).update(unsigned).digest('base64url')}`;
  };
  let given = 0;
  let onGiven = (): void => {};
  const fetchToken: FetchToken = async ({ identity }) => {
    given += 1;
    onGiven();
    return {
      token: mint(identity),
      identity,
      expiresIn: null,
      realtimeUrl: emulator.wsUrl,
      conversationSid: null,
    };
  };
  const basic = Buffer.from(`${credentials.accountSid}:${credentials.authToken}`).toString('base64');
  const authorized = { authorization: `Basic ${basic}` };
  const rest = async (method: string, path: string, fields?: Record<string, string>) => {
    const response = await fetch(`${emulator.restUrl}/v1/Conversations${path}`, {
      method,
      headers: authorized,
      ...(fields && { body: new URLSearchParams(fields) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (response.status === 204 ? {} : await response.json()) as Record<string, unknown>;
  };
  return {
    emulator,
    faults: emulator.faults,
    fetchToken,
    mint,
    rest,
    /** Headers of who may ask the emulator for its log. */
    authorized,
    /** How many tokens were given out. */
    given: () => given,
    tokensLive: (value: number) => {
      seconds = value;
    },
    tokensGiven: (count: number) =>
      new Promise<void>((resolve) => {
        onGiven = () => given >= count && resolve();
        onGiven();
      }),
    say: (sid: string, Body: string) => rest('POST', `/${sid}/Messages`, { Author: 'bot', Body }),
    /** A bot's answer that comes in pieces, as its server writes it. */
    async grow(sid: string, bodies: readonly string[]) {
      const marked = (growing: boolean) =>
        JSON.stringify({ inReplyTo: `IM${'0'.repeat(32)}`, part: 0, growing });
      const [first = '', ...others] = bodies;
      const whole = others.pop() ?? first;
      const begun = { Author: 'bot', Body: first, Attributes: marked(true) };
      const { sid: message } = await rest('POST', `/${sid}/Messages`, begun);
      for (const Body of others) await rest('POST', `/${sid}/Messages/${message}`, { Body });
      await rest('POST', `/${sid}/Messages/${message}`, { Body: whole, Attributes: marked(false) });
    },
    edit: (sid: string, message: unknown, Body: string) =>
      rest('POST', `/${sid}/Messages/${message}`, { Body }),
    delete: (sid: string) => rest('DELETE', `/${sid}`),
    /** What the service has, by REST. */
    async stored(sid: string): Promise<string[]> {
      const all: string[] = [];
      for (let path: string | null = `/${sid}/Messages?PageSize=50`; path !== null; ) {
        const page = await rest('GET', path);
        all.push(...(page.messages as { body: string }[]).map(({ body }) => body));
        const next = (page.meta as { next_page_url: string | null }).next_page_url;
        path = next?.split('/v1/Conversations')[1] ?? null;
      }
      return all;
    },
    async conversationCount(): Promise<number> {
      const page = await rest('GET', '?PageSize=100');
      return (page.conversations as unknown[]).length;
    },
  };
}

export type RealService = Awaited<ReturnType<typeof startRealService>>;

export interface ProfileOptions extends Partial<ChatSessionOptions> {
  onLink?(state: LinkState): void;
  /** How the SDK comes back; shortened, unless told otherwise. */
  retryPolicy?: RetryPolicy;
}

/** A browser profile: its tabs share storage and locks. */
export function createProfile(
  cleanUps: CleanUps,
  service: Pick<RealService, 'fetchToken'>,
  { onLink, retryPolicy = { min: 100, max: 400, randomness: 0.2 }, ...given }: ProfileOptions = {},
) {
  const storage = createMemoryStorage();
  const exclusive = createFakeExclusive();
  const connect: Connect = (request) => {
    const link = (state: LinkState): void => {
      request.events.link(state);
      onLink?.(state);
    };
    return createTwilioConnection({ ...request, events: { ...request.events, link } }, retryPolicy);
  };
  return {
    storage,
    open(more: Partial<ChatSessionOptions> = {}): ChatSession {
      const session = createChatSession({
        connect: async () => connect,
        fetchToken: service.fetchToken,
        storage,
        exclusive,
        clock: nodeClock,
        crypto: nodeCrypto,
        watchNetwork: () => () => {},
        ...given,
        ...more,
      });
      cleanUps.push(() => session.stop());
      return session;
    },
  };
}

/** Waits for a state of the session; the limit only ends a test that would never end. */
export function until(session: ChatSession, check: () => boolean, limitMs = 20_000): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (!check()) return;
      stop();
      clearTimeout(limit);
      resolve();
    };
    const stop = session.subscribe(look);
    const limit = setTimeout(() => {
      stop();
      const { messages, ...rest } = session.getSnapshot();
      reject(new Error(`It never came true: ${JSON.stringify({ ...rest, messages: messages.length })}`));
    }, limitMs);
    look();
  });
}

export const isOnline = (session: ChatSession) => session.getSnapshot().status === 'online';
export const bodies = (session: ChatSession) => session.getSnapshot().messages.map(({ body }) => body);
export const allSent = (session: ChatSession) =>
  session.getSnapshot().messages.every(({ state, sid }) => state === 'sent' && sid !== null);
