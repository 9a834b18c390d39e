import { type FastifyReply, type FastifyRequest, type FastifyServerOptions, LogController } from 'fastify';
import { errorFacts } from '../errors.js';
import { callerOf } from './proxies.js';

/** How a host logs: a least level, and where to instead of the standard output. */
export interface LogOptions {
  /** Default `info`. */
  level?: 'debug' | 'info' | 'warn' | 'error';
  stream?: { write(line: string): void };
}

/**
 * Lines of JSON by pino. Requests are logged by their route, without query (it holds the visitor's identity) and headers;
 * errors by the few fields that are safe. Redaction is the second line of defence, for what somebody adds later.
 */
export function loggerOptions(log: LogOptions | false): Exclude<FastifyServerOptions['logger'], undefined> {
  if (log === false) return false;
  return {
    level: log.level ?? 'info',
    ...(log.stream ? { stream: log.stream } : {}),
    hooks: { streamWrite: redactLine },
    serializers: {
      req: (request: FastifyRequest) => ({
        method: request.method,
        // A path is whatever the caller wrote, a token too; a route is ours.
        path: request.routeOptions?.url ?? 'none',
        from: callerOf(request),
      }),
      err: (error: unknown) => ({ type: 'Error', stack: '', ...errorFacts(error) }),
    },
  };
}

const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'token',
  'proof',
  'secret',
  'authorization',
  'signature',
  'identity',
]);
const HAS_SECRET_FIELD = new RegExp(`"(?:${[...SECRET_FIELDS].join('|')})":`);

/**
 * A line without the values of fields that are never to be logged, at any depth. Pino's own redaction copies every
 * object it is given; a line is nearly always clean, and one look shows it.
 */
function redactLine(line: string): string {
  if (!HAS_SECRET_FIELD.test(line)) return line;
  const clean = JSON.stringify(JSON.parse(line), (name, value: unknown) =>
    SECRET_FIELDS.has(name) ? '[redacted]' : value,
  );
  return `${clean}\n`;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The handler writes a line of its own for each call: a second one would cost as much as the call's answer. */
    ownLine?: boolean;
  }
}

/** One line for each request, when it is answered: Fastify's two, written at once, cost more than a token does. */
class OneLineEach extends LogController {
  override incomingRequest(): void {}

  override requestCompleted(
    error: Error | null | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): void {
    const facts = { req: request, res: reply, responseTime: reply.elapsedTime };
    if (error) reply.log.error({ ...facts, err: error }, 'request errored');
    else if (request.routeOptions.config.ownLine) reply.log.debug(facts, 'request completed');
    else reply.log.info(facts, 'request completed');
  }
}

/** What Fastify writes of each request. */
export function requestLog(): LogController {
  return new OneLineEach();
}
