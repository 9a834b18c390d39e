import { createAdmission, createRefuseBanned, type IsBanned } from './admission.js';
import { BOT_LIMITS, type BotLimits } from './bot-limits.js';
import type { Bot } from './bots/bot.js';
import type { Handler } from './call.js';
import type { Config } from './config.js';
import { createClaimHandler } from './handlers/claim.js';
import { createConversationAddedHandler } from './handlers/conversation-added.js';
import { createMessageAddedHandler } from './handlers/message-added.js';
import { createMigrateHandler } from './handlers/migrate.js';
import { createTokenHandler } from './handlers/token.js';
import { createHumanCheck, type VerifyHuman } from './human-check.js';
import { createTurns } from './in-turn.js';
import { createMemoryKnownVisitors, type KnownVisitors } from './known-visitors.js';
import { createLegacyVisitor } from './legacy-visitor.js';
import type { Log } from './log.js';
import { createMemberships } from './memberships.js';
import type { OnCount } from './on-count.js';
import { createProof, createUserProof } from './prove-user.js';
import { createAnonymousProof } from './prove-visitor.js';
import { createMemoryLimits, type Limits, ratesFor } from './rate-limit.js';
import { createMemorySeenDeliveries, type SeenDeliveries } from './seen-deliveries.js';
import { createTwilioClient } from './twilio-client.js';
import { type Wait, waitByClock } from './twilio-trouble.js';
import { createUserLookup } from './user-lookup.js';
import { createConversationKeeper } from './visitor-conversation.js';
import { type WebhookUrls, webhookUrls } from './webhook-urls.js';

/** Longer than a visitor waits gladly, shorter than servers are given to stop. */
const BOT_LIMIT_MS = 8_000;

/** Leaves time for what a bot says, before its delivery is free for others and before a server that stops gives up. */
const AGAIN_WITHIN_MS = 15_000;

/** What a backend is made of. */
export interface BackendOptions {
  config: Config;
  /** Who answers; without one, conversations wait for people, or for the Studio flow that the configuration names. */
  bot?: Bot;
  log: Log;
  /** Where the webhooks are, for hosts whose paths differ. Default: under `config.publicBaseUrl`. */
  urls?: WebhookUrls;
  /** Milliseconds that the bot may take for an answer; a later one is dropped and logged. Default 8000. */
  botLimitMs?: number;
  /**
   * Milliseconds from the start of a bot's turn within which it may be run again because Twilio was away for a moment.
   * Default 15000; 0 for never.
   */
  againWithinMs?: number;
  /** How much the bot may say. Default: 5 messages for one answer, 10 a minute, 5 answers in a row. */
  botLimits?: Partial<BotLimits>;
  /** Where servers tell each other what they have acted on. Default: in memory. */
  seenDeliveries?: SeenDeliveries;
  /** Default: in memory, 20 calls a minute for each network and 12 for each visitor. */
  limits?: Limits;
  /** Default: in memory. */
  knownVisitors?: KnownVisitors;
  /** Tells people from programs, for visitors that nobody has seen before. Default: what the configuration names. */
  verifyHuman?: VerifyHuman;
  /** Default: nobody but the configuration's. */
  isBanned?: IsBanned;
  /** Told of what happened, for metrics. */
  onCount?: OnCount;
  /** Milliseconds. Default: the system's clock. */
  now?: () => number;
  /** How the pauses before another try are made. Default: the system's timers. */
  wait?: Wait;
}

/** The handlers of one service, for a host to mount. */
export interface Backend {
  token: Handler;
  claim: Handler;
  migrate: Handler;
  conversationAdded: Handler;
  messageAdded: Handler;
}

/**
 * Puts the handlers together, for a host of your own. Nothing runs until they are called. After a reply is sent, run
 * its `after` and wait for it before you stop.
 *
 * @example
 * const backend = createBackend({ config, bot: shopBot, log });
 * const reply = await backend.token(call);
 */
export function createBackend(options: BackendOptions): Backend {
  const { config, log, now = Date.now, botLimitMs = BOT_LIMIT_MS } = options;
  const client = createTwilioClient(config);
  const inTurn = createTurns();
  const webhooks = {
    config,
    urls: options.urls ?? webhookUrls(config.publicBaseUrl),
    client,
    bot: options.bot,
    botLimitMs,
    againWithinMs: options.againWithinMs ?? AGAIN_WITHIN_MS,
    botLimits: { ...BOT_LIMITS, ...options.botLimits },
    seen: options.seenDeliveries ?? createMemorySeenDeliveries(),
    inTurn,
    attributesInTurn: createTurns(),
    log,
    now,
    wait: options.wait ?? waitByClock,
  };
  const limits = options.limits ?? createMemoryLimits({ now, rates: ratesFor(config) });
  const anonymous = createAnonymousProof({ config, limits, now });
  const user = createUserProof({
    config,
    limits,
    log,
    now,
    ...(options.onCount && { onCount: options.onCount }),
  });
  const prove = createProof({ config, log, anonymous, user });
  const verifyHuman =
    options.verifyHuman ?? (config.humanCheck && createHumanCheck({ check: config.humanCheck }));
  const admit = createAdmission({
    config,
    limits,
    known: options.knownVisitors ?? createMemoryKnownVisitors(),
    hasUser: createUserLookup(client, config.serviceSid),
    log,
    ...(verifyHuman && { verifyHuman }),
    ...(options.isBanned && { isBanned: options.isBanned }),
  });
  const hardened = config.mode === 'hardened' && {
    conversationFor: createConversationKeeper({ client, config, inTurn: createTurns(), log, now }),
  };
  const memberships = createMemberships(client, config);
  const refuseBanned = createRefuseBanned({
    config,
    ...(options.isBanned && { isBanned: options.isBanned }),
  });
  const legacy = config.legacyGet ? createLegacyVisitor({ limits }) : undefined;
  return {
    token: createTokenHandler({ config, prove, admit, log, now, ...hardened, ...(legacy && { legacy }) }),
    claim: createClaimHandler({ config, anonymous, user, admit, memberships, log, now }),
    migrate: createMigrateHandler({
      config,
      anonymous,
      admit,
      refuseBanned,
      memberships,
      client,
      inTurn,
      log,
      now,
    }),
    conversationAdded: counted(
      'conversation-added',
      createConversationAddedHandler(webhooks),
      options.onCount,
    ),
    messageAdded: counted('message-added', createMessageAddedHandler(webhooks), options.onCount),
  };
}

/** Refusals have their line in the log; what was accepted has not, so that a busy service writes one line for each. */
function counted(webhook: string, handler: Handler, onCount: OnCount = () => {}): Handler {
  return async (call) => {
    const reply = await handler(call);
    if (reply.status < 300) onCount('webhooks_accepted', { webhook });
    return reply;
  };
}
