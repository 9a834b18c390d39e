import { z } from 'zod';

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
  port: number;
}

/** The environment's variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The outcome of {@link readEnvironment}. */
export type EnvironmentReading = { ok: true; config: Config } | { ok: false; table: string };

const sid = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`), `is not ${prefix} followed by 32 hex digits`);
const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'is not a whole number')
    .transform(Number)
    .refine((value) => value >= least && value <= most, `is not between ${least} and ${most}`);
const url = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (text) => {
        const parsed = URL.canParse(text) ? new URL(text) : null;
        return parsed !== null && protocols.includes(parsed.protocol) && !parsed.search && !parsed.hash;
      },
      `is not a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}, without ? and #`,
    )
    .transform((text) => text.replace(/\/+$/, ''));

const isOrigin = (text: string): boolean =>
  text === 'null' || (URL.canParse(text) && new URL(text).origin === text && !text.includes('*'));
const origins = z
  .string()
  .transform((list) =>
    list
      .split(',')
      .map((origin) => origin.trim())
      .filter(Boolean),
  )
  .refine((list) => list.length > 0, 'names no site')
  .refine((list) => !list.includes('*'), 'has *, which would let every site use this service')
  .refine((list) => list.every((origin) => origin === '*' || isOrigin(origin)), {
    message: 'has an entry that is not exactly scheme://host or scheme://host:port, in lower case',
  });

const schema = z.object({
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
  PORT: wholeNumber(0, 65_535).default(3000),
});

type Variable = keyof z.infer<typeof schema>;

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
  PORT: 'The port to listen on. Without it: 3000.',
};

/** Every variable that is read. */
export const VARIABLES: readonly string[] = [...Object.keys(REMEDIES), 'SERVICE_SID'];

/**
 * Checks the environment and gives the service's configuration, or a table for people: variable, what is wrong, what
 * to do. The table never shows a value. A blank variable counts as absent.
 *
 * @example
 * const reading = readEnvironment(process.env);
 * if (!reading.ok) throw new Error(reading.table);
 */
export function readEnvironment(env: Environment): EnvironmentReading {
  const given = Object.fromEntries(
    // An Auth Token of blanks would be an empty key, with which anybody can sign.
    Object.keys(REMEDIES).map((name) => [name, env[name]?.trim() || undefined]),
  );
  given.CONVERSATIONS_SERVICE_SID ??= env.SERVICE_SID?.trim() || undefined;

  const parsed = schema.safeParse(given);
  if (!parsed.success) return { ok: false, table: tableOf(parsed.error.issues, given) };

  const { data } = parsed;
  return {
    ok: true,
    config: {
      accountSid: data.ACCOUNT_SID,
      apiKeySid: data.TWILIO_API_KEY_SID,
      apiKeySecret: data.TWILIO_API_KEY_SECRET,
      serviceSid: data.CONVERSATIONS_SERVICE_SID,
      authToken: data.AUTH_TOKEN,
      allowedOrigins: data.ALLOWED_ORIGINS,
      publicBaseUrl: data.PUBLIC_BASE_URL,
      tokenTtl: data.TOKEN_TTL,
      appId: data.APP_ID,
      port: data.PORT,
      ...(data.PUSH_CREDENTIAL_SID === undefined ? {} : { pushCredentialSid: data.PUSH_CREDENTIAL_SID }),
      ...(data.TWILIO_API_BASE_URL === undefined ? {} : { twilioApiBaseUrl: data.TWILIO_API_BASE_URL }),
      ...(data.REALTIME_URL === undefined ? {} : { realtimeUrl: data.REALTIME_URL }),
      ...(data.MAX_ID_AGE_DAYS === undefined ? {} : { maxIdAgeDays: data.MAX_ID_AGE_DAYS }),
    },
  };
}

function tableOf(issues: readonly z.core.$ZodIssue[], given: Environment): string {
  const rows = new Map<string, [string, string, string]>();
  for (const issue of issues) {
    const variable = String(issue.path[0]) as Variable;
    if (rows.has(variable)) continue;
    const problem = given[variable] === undefined ? 'is missing' : issue.message;
    rows.set(variable, [variable, problem, REMEDIES[variable]]);
  }
  const lines: [string, string, string][] = [['Variable', 'What is wrong', 'What to do'], ...rows.values()];
  const width = (column: 0 | 1): number => Math.max(...lines.map((line) => line[column].length));
  const [first, second] = [width(0), width(1)];
  return lines.map(([a, b, c]) => `${a.padEnd(first)}  ${b.padEnd(second)}  ${c}`).join('\n');
}
