import { type Backend, type BackendOptions, createBackend } from '../backend.js';
import { TOKEN_BODY_LIMIT, WEBHOOK_BODY_LIMIT } from '../body-limits.js';
import type { Call, Reply } from '../call.js';
import { type Environment, readAllowedOrigins, readEnvironment } from '../env.js';
import { errorFacts, errorReply, internalError } from '../errors.js';
import type { Log } from '../log.js';
import { corsHeaders } from '../origin.js';
import { FUNCTION_WEBHOOK_PATHS, webhookUrls } from '../webhook-urls.js';
import { type FunctionEvent, toCall } from './functions-call.js';

/** The environment of a Function: its variables, and what the platform adds to them. */
export type FunctionContext = Readonly<Record<string, unknown>>;

/** The platform's response object, as far as it is used here. */
interface FunctionResponse {
  setStatusCode(status: number): unknown;
  setHeaders(headers: Record<string, string>): unknown;
  setBody(body: unknown): unknown;
}

/** Called back once, never with an error: the platform would send its stack to the caller, and no CORS header. */
export type FunctionCallback = (error: null, response: object) => void;

/** A Function as the platform calls it. */
export type TwilioFunction = (
  context: FunctionContext,
  event: FunctionEvent,
  callback: FunctionCallback,
) => void;

/** What {@link createFunction} takes. */
export interface FunctionOptions extends Pick<BackendOptions, 'bot' | 'verifyHuman' | 'isBanned'> {
  /** Milliseconds that the bot may take: nothing runs after the answer, and Twilio waits for 5 s. Default 4000. */
  botLimitMs?: number;
}

/** There is one for each Function that runs: the platform puts it there. */
declare const Twilio: { Response: new () => FunctionResponse };

const BOT_LIMIT_MS = 4_000;

const BODY_LIMITS: Record<keyof Backend, number> = {
  token: TOKEN_BODY_LIMIT,
  claim: TOKEN_BODY_LIMIT,
  migrate: TOKEN_BODY_LIMIT,
  conversationAdded: WEBHOOK_BODY_LIMIT,
  messageAdded: WEBHOOK_BODY_LIMIT,
};

/**
 * One of the service's handlers as a Twilio Function. It always calls back, with an answer of ours, and everything that
 * was accepted is done before that: an instance may be frozen as soon as it has answered.
 *
 * @example
 * // functions/chat-widget.ts
 * export const handler = createFunction('token', { bot });
 */
export function createFunction(name: keyof Backend, options: FunctionOptions): TwilioFunction {
  const log = consoleLog();
  const backendFor = backendByEnvironment(options, log);

  async function answer(context: FunctionContext, event: FunctionEvent): Promise<Reply> {
    const call = toCall(event, BODY_LIMITS[name]);
    try {
      const backend = backendFor(context);
      if (!backend) return failure(context, call);
      const { after, ...reply } = await backend[name](call);
      await after?.();
      return reply;
    } catch (error) {
      log.error({ event: 'function', name, ...errorFacts(error) }, 'function failed');
      return failure(context, call);
    }
  }

  // No promise is given back: versions of the platform's runtime differ in what they make of one.
  return (context, event, callback) => {
    void answer(context, event).then((reply) => callback(null, toResponse(reply)));
  };
}

/** Pages that may call can read it, or they would be told of CORS instead: origins are read whatever else is wrong. */
function failure(context: FunctionContext, call: Call): Reply {
  const allowedOrigins = readAllowedOrigins(context as Environment);
  return errorReply(internalError, { headers: corsHeaders(call.headers.origin, { allowedOrigins }) });
}

/** The backend of an environment, kept for the calls that a warm instance still gets. */
function backendByEnvironment(
  options: FunctionOptions,
  log: Log,
): (context: FunctionContext) => Backend | undefined {
  let kept: { backend: Backend; environment: string } | undefined;

  return (context) => {
    const reading = readEnvironment(environmentOf(context));
    if (!reading.ok) {
      log.error({ event: 'configuration' }, `the environment is not complete\n${reading.table}\n`);
      return undefined;
    }
    const { config } = reading;
    const environment = JSON.stringify(config);
    if (kept?.environment !== environment) {
      for (const [variable, value] of [
        ['REDIS_URL', config.redisUrl],
        ['TRUSTED_PROXIES', config.trustedProxies[0]],
      ]) {
        if (value !== undefined) {
          log.warn({ event: 'configuration', variable }, 'this variable has no effect in Functions');
        }
      }
      const urls = webhookUrls(config.publicBaseUrl, FUNCTION_WEBHOOK_PATHS);
      kept = {
        // Nothing runs after the answer, so trying again has no time of its own.
        backend: createBackend({
          botLimitMs: BOT_LIMIT_MS,
          againWithinMs: options.botLimitMs ?? BOT_LIMIT_MS,
          ...options,
          config,
          log,
          urls,
        }),
        environment,
      };
    }
    return kept.backend;
  };
}

function environmentOf(context: FunctionContext): Environment {
  const given = context as Environment;
  const domain = given.DOMAIN_NAME ?? '';
  const scheme = /^(localhost|127\.0\.0\.1|\[::1\])(:|$)/.test(domain) ? 'http' : 'https';
  // Inherited, not copied: reading SERVICE_SID makes the local runtime warn, even where nobody needs it.
  return Object.assign(Object.create(context), {
    PUBLIC_BASE_URL: given.PUBLIC_BASE_URL?.trim() || `${scheme}://${domain}`,
  }) as Environment;
}

function toResponse({ status, headers, body }: Omit<Reply, 'after'>): FunctionResponse {
  const response = new Twilio.Response();
  response.setStatusCode(status);
  if (body === null) {
    response.setHeaders(headers);
    return response;
  }
  // The platform looks for this spelling, and turns objects into JSON itself.
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
  response.setHeaders({ ...headers, 'Content-Type': type });
  response.setBody(body);
  return response;
}

/** The platform keeps what is written to the console, warnings and errors in its debugger too. */
function consoleLog(): Log {
  const line = (fields: object, message: string): string => `${message} ${JSON.stringify(fields)}`;
  return {
    // biome-ignore-start lint/suspicious/noConsole: it is the only log that a Function has
    info: (fields, message) => console.info(line(fields, message)),
    warn: (fields, message) => console.warn(line(fields, message)),
    error: (fields, message) => console.error(line(fields, message)),
    // biome-ignore-end lint/suspicious/noConsole: it is the only log that a Function has
  };
}
