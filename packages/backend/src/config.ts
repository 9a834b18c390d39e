/** Everything the service is told from outside. Secrets are in it: never log it. */
export interface Config {
  accountSid: string;
  apiKeySid: string;
  apiKeySecret: string;
  /** The Conversations service, `IS…`. */
  serviceSid: string;
  /** Signs webhooks. */
  authToken: string;
  pushCredentialSid?: string;
  /** Exact origins of the pages that may ask for tokens. */
  allowedOrigins: readonly string[];
  /** Where the internet reaches this service, without a slash at the end. Webhook signatures cover it. */
  publicBaseUrl: string;
  /** Where REST calls go when not to Twilio. */
  twilioApiBaseUrl?: string;
  /** Passed to the widget beside the token: the socket to connect to when it is not Twilio's. */
  realtimeUrl?: string;
  /** Seconds that a token lives. */
  tokenTtl: number;
  /** Tells two deployments on one origin apart; part of every anonymous identity. */
  appId: string;
  /** Anonymous identities older than this are refused. */
  maxIdAgeDays?: number;
  /** `hardened`: this service makes the conversations, and visitors need no permission to. */
  mode: 'easy' | 'hardened';
  /** The role of a visitor in a conversation that this service made, `RL…`; default: the service's own default. */
  visitorRoleSid?: string;
  /** Whether the original's clients, who ask by GET and prove nothing, get tokens for UUIDs of version 4. */
  legacyGet: boolean;
  /** The shape of the answer where the caller did not say which one it wants. */
  response: 'json' | 'text';
  /** Identities that get no token. */
  bannedIdentities: readonly string[];
  /** Tokens for identities that the service has not seen before. */
  newIdentitiesPerHour: number;
  /** Who new visitors show that they are human. */
  humanCheck?: HumanCheckConfig;
  /** How the host site says who is logged in. */
  userTokens?: UserTokenConfig;
  /** Until when, in Unix seconds, visitors of the original may bring their conversation along. */
  legacyUntil?: number;
  /** The Studio flow that answers instead of a bot, `FW…`. */
  studioFlowSid?: string;
  /** Where limits are shared between servers. */
  redisUrl?: string;
  /** Addresses and networks of proxies whose `X-Forwarded-For` is believed. */
  trustedProxies: readonly string[];
  port: number;
}

/** A service that tells people from programs. */
export interface HumanCheckConfig {
  provider: 'turnstile' | 'hcaptcha';
  secret: string;
  /** Where answers are verified when not at the provider's own address. */
  url?: string;
}

/** What the tokens of logged-in visitors have to be like. */
export interface UserTokenConfig {
  issuer: string;
  algorithm: 'HS256' | 'ES256' | 'RS256' | 'EdDSA';
  /** One of both: secrets by key id for HS256, the address of the public keys for the others. */
  secrets?: Readonly<Record<string, string>>;
  jwksUrl?: string;
  /** `observe` counts what `on` would refuse, and serves it as an anonymous visitor. */
  enforce: 'observe' | 'on';
}
