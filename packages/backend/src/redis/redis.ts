import { createClient, type RedisClientType } from '@redis/client';
import { errorFacts } from '../errors.js';
import type { Log } from '../log.js';

const CONNECT_LIMIT_MS = 1_000;
/** Redis answers in a millisecond or is in trouble, and a visitor waits for the answer. */
const COMMAND_LIMIT_MS = 250;
/** One that answers too late, or refuses, is left alone for so long: not every visitor waits in vain. */
const REST_MS = 1_000;

type Nothing = Record<string, never>;
type Client = RedisClientType<Nothing, Nothing, Nothing, 2>;

/** A Redis that may be away at any time. */
export interface Redis {
  /** Sends a command. Resolves to `null`, soon and never by rejecting, where Redis is away or does not do it. */
  ask<Answer>(command: (client: Client) => Promise<Answer>): Promise<{ answer: Answer } | null>;
  /** What was known last. */
  state(): 'up' | 'away';
  /** Resolves once it is known for the first time whether Redis is there. */
  settled: Promise<void>;
  close(): void;
}

/**
 * Connects to Redis, and connects again for as long as it is needed. Nothing is queued for a Redis that is away: whoever
 * asks hears so at once and goes on without it. The log has one line for the beginning of an outage and one for its end.
 */
export function connectRedis(options: { url: string; log: Log }): Redis {
  const { log } = options;
  const client = openClient(options.url);
  let away = false;
  let restUntil = 0;
  let settle = (): void => {};
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
  });

  function lost(error: unknown): void {
    settle();
    if (away) return;
    away = true;
    log.warn(
      { event: 'redis', outcome: 'away', ...errorFacts(error) },
      'Redis is away: each server counts by itself until it is back',
    );
  }

  function found(): void {
    settle();
    if (!away) return;
    away = false;
    log.info({ event: 'redis', outcome: 'back' }, 'Redis is back: servers share their limits again');
  }

  client.on('error', lost);
  client.on('ready', () => {
    restUntil = 0;
    found();
  });
  // It ends only when the client is closed; until then it tries again by itself.
  client.connect().catch(() => {});

  return {
    settled,
    state: () => (away || !client.isReady ? 'away' : 'up'),
    async ask(command) {
      if (!client.isReady || performance.now() < restUntil) return null;
      try {
        const answer = await within(COMMAND_LIMIT_MS, command(client));
        // An answer to what was asked before the rest began does not end it: the log would tell of each.
        if (performance.now() >= restUntil) found();
        return { answer };
      } catch (error) {
        restUntil = performance.now() + REST_MS;
        lost(error);
        return null;
      }
    },
    close() {
      client.destroy();
    },
  };
}

function openClient(url: string): Client {
  return createClient({
    url,
    RESP: 2,
    maintNotifications: 'disabled',
    disableOfflineQueue: true,
    // A server that was switched off without a word is noticed by the pings it does not answer.
    pingInterval: 1_000,
    socket: {
      connectTimeout: CONNECT_LIMIT_MS,
      socketTimeout: 3_000,
      reconnectStrategy: (retries) =>
        Math.min(1_000, 50 * 2 ** Math.min(retries, 5)) * (0.5 + Math.random() / 2),
    },
  });
}

/** The client's own time limit ends when a command is written; one that is never answered would wait for ever. */
async function within<Answer>(limitMs: number, asked: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Redis did not answer within ${limitMs} ms.`)), limitMs);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
