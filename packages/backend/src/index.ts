export { createTokenSigner, type SignAccessToken, type TokenIssuer } from './access-token.js';
export type { IsBanned } from './admission.js';
export { type Backend, type BackendOptions, createBackend } from './backend.js';
export type { BotLimits } from './bot-limits.js';
export {
  type AnswerMessage,
  type Bot,
  type BotContext,
  type BotMessage,
  type BotReplies,
  type BotReply,
  defineBot,
  type GrowingReply,
  type PastMessage,
} from './bots/bot.js';
export type { BotReading, BotSources } from './bots/bot-environment.js';
export { type Choice, choiceOf } from './bots/choice.js';
export { chooseBot } from './bots/choose-bot.js';
export { createFaqBot } from './bots/faq-bot.js';
export { type Faq, type FaqReading, type FaqRule, readFaq } from './bots/faq-file.js';
export { createLlmBot, type LlmBotOptions } from './bots/llm-bot.js';
export { shopBot } from './bots/shop-bot.js';
export type { Call, CallBody, Handler, Params, Reply } from './call.js';
export type { Config, HumanCheckConfig, UserTokenConfig } from './config.js';
export { type Environment, type EnvironmentReading, readEnvironment } from './env.js';
export type { WrongVariable } from './env-table.js';
export { type ErrorCode, type ErrorFacts, errorFacts, ServiceError } from './errors.js';
export type { LogOptions } from './hosts/logging.js';
export { createNodeHost, type NodeHost, type NodeHostOptions, type TimeLimits } from './hosts/node.js';
export type { StaticFiles } from './hosts/static-files.js';
export { createHumanCheck, type VerifyHuman } from './human-check.js';
export { createMemoryKnownVisitors, type KnownVisitors } from './known-visitors.js';
export type { Log } from './log.js';
export type { OnCount } from './on-count.js';
export { createMemoryLimits, type LimitedBy, type Limits, type Rate } from './rate-limit.js';
export {
  FORBIDDEN_FOR_VISITORS,
  FORBIDDEN_IN_HARDENED_MODE,
  type RoleChange,
  setUpRoles,
  VISITOR_PERMISSIONS,
  VISITOR_ROLES,
} from './roles.js';
export { createMemorySeenDeliveries, type SeenDeliveries } from './seen-deliveries.js';
export { createTwilioClient, type TwilioClient } from './twilio-client.js';
export { FUNCTION_WEBHOOK_PATHS, type WebhookUrls, webhookUrls } from './webhook-urls.js';
export {
  applyWebhooks,
  planWebhooks,
  type WebhookChange,
  type WebhookPlan,
  type WiredWebhooks,
  wireWebhooks,
} from './wire-webhooks.js';
