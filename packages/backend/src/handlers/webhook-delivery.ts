import type { BotEngine } from '../ask-bot.js';
import type { BotLimits } from '../bot-limits.js';
import type { Bot } from '../bots/bot.js';
import type { Call } from '../call.js';
import type { Config } from '../config.js';
import { ServiceError } from '../errors.js';
import type { InTurn } from '../in-turn.js';
import type { Log } from '../log.js';
import type { SeenDeliveries } from '../seen-deliveries.js';
import { signedParams } from '../signature.js';
import type { TwilioClient } from '../twilio-client.js';
import type { Wait } from '../twilio-trouble.js';
import { decodeEvent, type WebhookEvent } from '../webhook-events.js';
import type { WebhookUrls } from '../webhook-urls.js';

/** What the handlers of webhooks are made of. */
export interface WebhookHandlerOptions {
  config: Pick<Config, 'accountSid' | 'serviceSid' | 'authToken' | 'studioFlowSid'>;
  urls: WebhookUrls;
  client: TwilioClient;
  bot: Bot | undefined;
  /** Milliseconds that the bot may take for an answer. */
  botLimitMs: number;
  /** Milliseconds within which a bot's turn may be run again where Twilio was away. */
  againWithinMs: number;
  botLimits: BotLimits;
  seen: SeenDeliveries;
  /** Shared by both handlers, so that a welcome and an answer never overlap. */
  inTurn: InTurn;
  /** Turns of changes to attributes: they are made within a bot's turn, too. */
  attributesInTurn: InTurn;
  log: Log;
  /** Milliseconds. */
  now: () => number;
  wait: Wait;
}

/** What Twilio may take for the messages of an answer, after the bot has taken its time. */
export const SENDING_MS = 20_000;

/** What a bot's turns need of a handler's options. */
export function botEngine(options: WebhookHandlerOptions, bot: Bot): BotEngine {
  const { client, urls, botLimitMs, againWithinMs, botLimits, attributesInTurn, log, now, wait } = options;
  return {
    client,
    bot,
    messageAddedUrl: urls.messageAdded,
    limitMs: botLimitMs,
    againWithinMs,
    limits: botLimits,
    attributesInTurn,
    log,
    now,
    wait,
  };
}

/** A signature never ends; what it signs does. Long enough for Twilio's own delays. */
const OLDEST_MS = 15 * 60_000;
/** A day of grace for servers' clocks that are behind. */
const NEWEST_MS = 24 * 60 * 60_000;

/** Whether what was made at `createdAt` (Unix milliseconds) is young enough to be acted on. */
export function isFresh(createdAt: number, now: number): boolean {
  return now - createdAt <= OLDEST_MS && createdAt - now <= NEWEST_MS;
}

/**
 * The event that a delivery tells, once it is known to come from Twilio, about this account, and not to be an old one
 * that somebody kept. Events of the account's other services are left alone, as `other`.
 *
 * @throws ServiceError for a delivery that is refused.
 */
export function readDelivery(call: Call, url: string, options: WebhookHandlerOptions): WebhookEvent {
  const { config, log, now } = options;
  const params = signedParams(call, config.authToken, url);
  if (params.AccountSid !== config.accountSid) {
    throw new ServiceError('signature_invalid', 'The delivery is not about the account in ACCOUNT_SID.');
  }
  const event = decodeEvent(params);
  if (event.type === 'other') return event;
  if (event.chatServiceSid !== config.serviceSid) {
    const { chatServiceSid } = event;
    log.info({ event: 'webhook', outcome: 'other_service', chatServiceSid }, 'not about this service');
    return { type: 'other', name: event.type };
  }
  if (event.createdAt !== undefined && !isFresh(event.createdAt, now())) {
    throw new ServiceError(
      'delivery_too_old',
      'What the delivery is about did not happen within the last 15 minutes. If it did, set the clock of this server.',
    );
  }
  return event;
}
