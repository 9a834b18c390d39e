import { z } from 'zod';
import type { Config, HumanCheckConfig, UserTokenConfig } from './config.js';
import {
  lastDay,
  list,
  oneOf,
  onOff,
  origins,
  proxies,
  secretsByKeyId,
  sid,
  url,
  urlWithLogin,
  wholeNumber,
} from './env-fields.js';
import { givenVariables, tableOf, type WrongVariable, wrongVariables } from './env-table.js';
import { isSafeAddress } from './safe-address.js';

/** The environment's variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The outcome of {@link readEnvironment}. */
export type EnvironmentReading =
  | { ok: true; config: Config }
  | { ok: false; table: string; wrong: readonly WrongVariable[] };

/** Each variable: what it may hold, and what to do when it does not. */
const SHAPES = {
  ACCOUNT_SID: sid('AC'),
  TWILIO_API_KEY_SID: sid('SK'),
  TWILIO_API_KEY_SECRET: z.string(),
  CONVERSATIONS_SERVICE_SID: z
    .string()
    .refine((value) => !value.startsWith('ZS'), {
      message: 'names a Serverless service (ZS…); Twilio Functions fill SERVICE_SID with their own',
      abort: true,
    })
    .pipe(sid('IS')),
  AUTH_TOKEN: z.string(),
  PUSH_CREDENTIAL_SID: sid('CR').optional(),
  ALLOWED_ORIGINS: origins,
  PUBLIC_BASE_URL: url('http:', 'https:'),
  TWILIO_API_BASE_URL: url('http:', 'https:').optional(),
  REALTIME_URL: url('ws:', 'wss:').optional(),
  TOKEN_TTL: wholeNumber(180, 86_400).default(3600),
  APP_ID: z
    .string()
    .regex(/^[\x21-\x7e]{1,64}$/, 'is not 1 to 64 ASCII characters without spaces')
    .default(''),
  MAX_ID_AGE_DAYS: wholeNumber(1, 36_500).optional(),
  CHAT_MODE: oneOf(['easy', 'hardened']).default('easy'),
  VISITOR_ROLE_SID: sid('RL').optional(),
  LEGACY_GET: onOff.default(false),
  RESPONSE: oneOf(['json', 'text']).default('json'),
  BANNED_IDENTITIES: list.default([]),
  NEW_IDENTITIES_PER_HOUR: wholeNumber(1, 1_000_000).default(1000),
  HUMAN_CHECK: oneOf(['turnstile', 'hcaptcha']).optional(),
  HUMAN_CHECK_SECRET: z.string().optional(),
  HUMAN_CHECK_URL: url('http:', 'https:').optional(),
  USER_TOKEN_ISSUER: z.string().max(200, 'is longer than 200 characters').optional(),
  USER_TOKEN_ALGORITHM: oneOf(['HS256', 'ES256', 'RS256', 'EdDSA']).optional(),
  USER_TOKEN_SECRETS: secretsByKeyId.optional(),
  USER_TOKEN_JWKS_URL: url('http:', 'https:').optional(),
  USER_TOKEN_ENFORCE: oneOf(['observe', 'on']).default('on'),
  LEGACY_UNTIL: lastDay.optional(),
  STUDIO_FLOW_SID: sid('FW').optional(),
  REDIS_URL: urlWithLogin('redis:', 'rediss:').optional(),
  TRUSTED_PROXIES: proxies.default([]),
  PORT: wholeNumber(0, 65_535).default(3000),
};

type Variable = keyof typeof SHAPES;

const REMEDIES: Record<Variable, string> = {
  ACCOUNT_SID: 'Copy the Account SID (AC…) from the Twilio console.',
  TWILIO_API_KEY_SID: 'Make a Standard API key for the chat alone and copy its SID (SK…).',
  TWILIO_API_KEY_SECRET: "Copy the API key's secret, shown once when the key is made.",
  CONVERSATIONS_SERVICE_SID:
    'Set it to the SID of the Conversations service (IS…); it wins over SERVICE_SID.',
  AUTH_TOKEN: "Copy the account's primary Auth Token: webhooks are signed with it.",
  PUSH_CREDENTIAL_SID: 'Set it to a push credential (CR…) or leave it out.',
  ALLOWED_ORIGINS: 'List the sites that embed the chat, e.g. https://shop.example,https://www.shop.example.',
  PUBLIC_BASE_URL: 'Set it to where Twilio reaches this service, e.g. https://chat.shop.example.',
  TWILIO_API_BASE_URL: "Set it to the emulator's REST address, or leave it out for Twilio.",
  REALTIME_URL: "Set it to the emulator's socket, or leave it out for Twilio.",
  TOKEN_TTL: 'Seconds from 180 to 86400; 900 to 3600 is recommended. Without it: 3600.',
  APP_ID: 'A short name such as shop-eu, equal to the data-app-id of the script tag, or leave it out.',
  MAX_ID_AGE_DAYS: 'Days after which an anonymous visitor starts anew, or leave it out.',
  CHAT_MODE: 'hardened: this service makes the conversations; easy: browsers do. Without it: easy.',
  VISITOR_ROLE_SID:
    "Set it to the visitors' conversation role (RL…), or leave it out for the service's default.",
  LEGACY_GET: 'on serves the clients of the original, who prove nothing. Without it: off.',
  RESPONSE: 'json, or text for the bare token. Without it: json.',
  BANNED_IDENTITIES: 'List identities that get no token, or leave it out.',
  NEW_IDENTITIES_PER_HOUR: 'How many visitors nobody has seen before may come in an hour. Without it: 1000.',
  HUMAN_CHECK: 'turnstile or hcaptcha, together with HUMAN_CHECK_SECRET, or leave both out.',
  HUMAN_CHECK_SECRET: "Copy the secret key from the provider's console; it goes with HUMAN_CHECK.",
  HUMAN_CHECK_URL: "Where answers are verified, or leave it out for the provider's own address.",
  USER_TOKEN_ISSUER:
    "Set it to the iss of your site's tokens, e.g. https://shop.example, or leave all USER_TOKEN_… out.",
  USER_TOKEN_ALGORITHM: 'HS256 with USER_TOKEN_SECRETS; ES256, RS256 or EdDSA with USER_TOKEN_JWKS_URL.',
  USER_TOKEN_SECRETS: 'List kid=secret with commas between, each secret at least 32 bytes; for HS256 alone.',
  USER_TOKEN_JWKS_URL: "Set it to the https address of your site's public keys; not for HS256.",
  USER_TOKEN_ENFORCE: 'observe counts what on would refuse. Without it: on.',
  LEGACY_UNTIL: 'The last day of the move from the original, e.g. 2027-03-31, or leave it out.',
  STUDIO_FLOW_SID: 'Set it to the Studio flow (FW…) that answers instead of a bot, or leave it out.',
  REDIS_URL:
    'Set it to the Redis that servers share their limits in, e.g. redis://10.0.0.5:6379, or leave it out.',
  TRUSTED_PROXIES: 'List addresses or networks of your proxies, e.g. loopback,10.0.0.0/8, or leave it out.',
  PORT: 'The port to listen on. Without it: 3000.',
};

/** Every variable that is read. */
export const VARIABLES: readonly string[] = [...Object.keys(REMEDIES), 'SERVICE_SID'];

const schema = z.object(SHAPES).superRefine((data, context) => {
  const wrong = (variable: Variable, message: string) =>
    context.addIssue({ code: 'custom', path: [variable], message });
  if (data.HUMAN_CHECK !== undefined && data.HUMAN_CHECK_SECRET === undefined) {
    wrong('HUMAN_CHECK_SECRET', 'is missing beside HUMAN_CHECK');
  }
  if (data.HUMAN_CHECK === undefined && data.HUMAN_CHECK_SECRET !== undefined) {
    wrong('HUMAN_CHECK', 'is missing beside HUMAN_CHECK_SECRET');
  }
  if (data.HUMAN_CHECK_URL !== undefined && !isSafeAddress(data.HUMAN_CHECK_URL)) {
    wrong('HUMAN_CHECK_URL', 'is not https, and would give the secret away');
  }
  checkUserTokens(data, wrong);
  // Over http, whoever sits between could swap the keys that logins are checked with.
  if (data.USER_TOKEN_JWKS_URL !== undefined && !isSafeAddress(data.USER_TOKEN_JWKS_URL)) {
    wrong('USER_TOKEN_JWKS_URL', 'is not https');
  }
});

type Data = z.infer<z.ZodObject<typeof SHAPES>>;

function checkUserTokens(data: Data, wrong: (variable: Variable, message: string) => void): void {
  const { USER_TOKEN_ISSUER, USER_TOKEN_ALGORITHM, USER_TOKEN_SECRETS, USER_TOKEN_JWKS_URL } = data;
  const named = [USER_TOKEN_ISSUER, USER_TOKEN_ALGORITHM, USER_TOKEN_SECRETS, USER_TOKEN_JWKS_URL];
  if (named.every((value) => value === undefined)) return;
  if (USER_TOKEN_ISSUER === undefined) wrong('USER_TOKEN_ISSUER', 'is missing beside the other USER_TOKEN_…');
  if (USER_TOKEN_ALGORITHM === undefined) {
    wrong('USER_TOKEN_ALGORITHM', 'is missing beside the other USER_TOKEN_…');
    return;
  }
  // A public key taken for a secret is the oldest of the attacks on JWT: one family of keys, never both.
  const [needed, unwanted] =
    USER_TOKEN_ALGORITHM === 'HS256'
      ? (['USER_TOKEN_SECRETS', 'USER_TOKEN_JWKS_URL'] as const)
      : (['USER_TOKEN_JWKS_URL', 'USER_TOKEN_SECRETS'] as const);
  if (data[needed] === undefined) wrong(needed, `is missing beside ${USER_TOKEN_ALGORITHM}`);
  if (data[unwanted] !== undefined) wrong(unwanted, `does not go with ${USER_TOKEN_ALGORITHM}`);
}

/**
 * Checks the environment and gives the service's configuration, or a table for people: variable, what is wrong, what
 * to do. The table never shows a value. A blank variable counts as absent.
 *
 * @example
 * const reading = readEnvironment(process.env);
 * if (!reading.ok) throw new Error(reading.table);
 */
export function readEnvironment(env: Environment): EnvironmentReading {
  const given = givenVariables(Object.keys(REMEDIES), env);
  given.CONVERSATIONS_SERVICE_SID ??= env.SERVICE_SID?.trim() || undefined;

  const parsed = schema.safeParse(given);
  if (parsed.success) return { ok: true, config: toConfig(parsed.data) };
  const wrong = wrongVariables(parsed.error.issues, given, REMEDIES);
  return { ok: false, table: tableOf(wrong), wrong };
}

/** The sites that an environment names, whatever else is wrong with it; none where the list itself is wrong. */
export function readAllowedOrigins({ ALLOWED_ORIGINS }: Environment): readonly string[] {
  const read = origins.safeParse(ALLOWED_ORIGINS);
  return read.success ? read.data : [];
}

function toConfig(data: Data): Config {
  return {
    accountSid: data.ACCOUNT_SID,
    apiKeySid: data.TWILIO_API_KEY_SID,
    apiKeySecret: data.TWILIO_API_KEY_SECRET,
    serviceSid: data.CONVERSATIONS_SERVICE_SID,
    authToken: data.AUTH_TOKEN,
    allowedOrigins: data.ALLOWED_ORIGINS,
    publicBaseUrl: data.PUBLIC_BASE_URL,
    tokenTtl: data.TOKEN_TTL,
    appId: data.APP_ID,
    mode: data.CHAT_MODE,
    legacyGet: data.LEGACY_GET,
    response: data.RESPONSE,
    bannedIdentities: data.BANNED_IDENTITIES,
    newIdentitiesPerHour: data.NEW_IDENTITIES_PER_HOUR,
    trustedProxies: data.TRUSTED_PROXIES,
    port: data.PORT,
    ...given('pushCredentialSid', data.PUSH_CREDENTIAL_SID),
    ...given('twilioApiBaseUrl', data.TWILIO_API_BASE_URL),
    ...given('realtimeUrl', data.REALTIME_URL),
    ...given('maxIdAgeDays', data.MAX_ID_AGE_DAYS),
    ...given('visitorRoleSid', data.VISITOR_ROLE_SID),
    ...given('humanCheck', humanCheckOf(data)),
    ...given('userTokens', userTokensOf(data)),
    ...given('legacyUntil', data.LEGACY_UNTIL),
    ...given('studioFlowSid', data.STUDIO_FLOW_SID),
    ...given('redisUrl', data.REDIS_URL),
  };
}

function humanCheckOf(data: Data): HumanCheckConfig | undefined {
  const { HUMAN_CHECK: provider, HUMAN_CHECK_SECRET: secret } = data;
  if (provider === undefined || secret === undefined) return undefined;
  return { provider, secret, ...given('url', data.HUMAN_CHECK_URL) };
}

function userTokensOf(data: Data): UserTokenConfig | undefined {
  const { USER_TOKEN_ISSUER: issuer, USER_TOKEN_ALGORITHM: algorithm } = data;
  if (issuer === undefined || algorithm === undefined) return undefined;
  return {
    issuer,
    algorithm,
    enforce: data.USER_TOKEN_ENFORCE,
    ...given('secrets', data.USER_TOKEN_SECRETS),
    ...given('jwksUrl', data.USER_TOKEN_JWKS_URL),
  };
}

/** A member that is only there when it has a value. */
function given<Name extends string, Value>(name: Name, value: Value | undefined): { [Key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [Key in Name]?: Value });
}
