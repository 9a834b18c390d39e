import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { finished } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import formbody from '@fastify/formbody';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import { type BackendOptions, createBackend } from '../backend.js';
import { TOKEN_BODY_LIMIT, WEBHOOK_BODY_LIMIT } from '../body-limits.js';
import type { Call, Handler, Reply } from '../call.js';
import type { Config } from '../config.js';
import { errorReply, internalError, ServiceError } from '../errors.js';
import { connectRedis } from '../redis/redis.js';
import { createSharedStores } from '../redis/shared-stores.js';
import { WEBHOOK_PATHS } from '../webhook-urls.js';
import { parseForm, send, toCall, unreadableBody } from './fastify-call.js';
import { addHealthRoutes, type Health } from './health.js';
import { type LogOptions, loggerOptions, requestLog } from './logging.js';
import { createLoopTurn, type LoopTurn } from './loop-turn.js';
import { createMetrics, type MetricsOptions, serveMetrics } from './metrics.js';
import { warnOfUnlistedProxies } from './proxies.js';
import { type StaticFiles, serveFiles } from './static-files.js';
import { watchUnusedConnections } from './unused-connections.js';
import { trackWork, type WorkUnderWay } from './work-under-way.js';

/** What {@link createNodeHost} takes. */
export interface NodeHostOptions
  extends StaticFiles,
    Omit<BackendOptions, 'config' | 'log' | 'urls' | 'now'> {
  /** A port of 0 takes any free one; a port of 0 in `publicBaseUrl` and `allowedOrigins` then stands for it. */
  config: Config;
  /** Default `{}`: lines of JSON on the standard output. */
  log?: LogOptions | false;
  /** The address to listen on. Default `127.0.0.1`; in a container `0.0.0.0`. */
  address?: string;
  /** Figures for Prometheus, on a port of their own. Default: none. */
  metrics?: MetricsOptions;
  /**
   * Milliseconds between saying at `/readyz` that it stops and taking no more calls, for load balancers that have to
   * hear of it first. Default 0.
   */
  drainMs?: number;
  /** Times that callers have, where they differ from {@link TimeLimits}'s defaults. */
  timeLimits?: Partial<TimeLimits>;
}

/** How long a caller may take, in milliseconds. */
export interface TimeLimits {
  /** For the head of a request. Default 2000. */
  headMs: number;
  /** For a whole request. Default 10,000. */
  requestMs: number;
  /** Without reading anything of an answer, or sending anything. Longer than Twilio may take. Default 60,000. */
  idleMs: number;
}

/** A running host. */
export interface NodeHost {
  /** Where it listens, e.g. `http://127.0.0.1:3000`. */
  url: string;
  /** The configuration with the port it was given. */
  config: Config;
  /** Where the figures are, when they are served. */
  metricsUrl?: string;
  /**
   * Takes no more calls, finishes the accepted ones and the work they left, then resolves. Safe to call again. After
   * half a minute it resolves in any case, and the log says how much was left.
   */
  close(): Promise<void>;
}

const CLOSE_LIMIT_MS = 10_000;
/** A bot's whole time and Twilio's, for those whose turn it is; a longer queue is not worth a server that stays. */
const WORK_LIMIT_MS = 20_000;

/**
 * Starts the token service and the webhooks on Fastify, with the widget's files and a site beside them.
 *
 * With `config.redisUrl` it shares limits, known visitors and seen deliveries with other servers.
 *
 * @throws ServiceError `port_in_use` when something else listens there already.
 * @throws TypeError when `config` names keys or addresses that cannot be relied on; `readEnvironment` finds these first.
 * @example
 * const host = await createNodeHost({ config, bot: shopBot, widgetDir: 'node_modules/…/dist' });
 * process.once('SIGTERM', () => void host.close());
 */
export async function createNodeHost(options: NodeHostOptions): Promise<NodeHost> {
  const { address = '127.0.0.1', drainMs = 0 } = options;
  const app = createApp(options);
  const work = trackWork();
  const host = { app, work, endOfTurn: createLoopTurn() };
  const metrics = options.metrics && createMetrics();
  const log = metrics?.counting(app.log) ?? app.log;
  const { redisUrl: url } = options.config;
  const redis = url === undefined ? undefined : connectRedis({ url, log });
  const shared = redis && createSharedStores({ redis, config: options.config, now: Date.now });
  const dropUnused = watchUnusedConnections(app.server);
  // Handlers need the port, which is known later than the routes: the first calls wait for them.
  const started = once(app.server, 'listening').then(() => {
    const config = withPort(options.config, (app.server.address() as AddressInfo).port);
    const backend = createBackend({
      ...shared,
      ...options,
      ...(metrics && {
        onCount: (name, labels) => {
          metrics.onCount(name, labels);
          options.onCount?.(name, labels);
        },
      }),
      config,
      log,
    });
    return { config, backend };
  });
  // Whoever listens below hears of a failure first.
  started.catch(() => {});

  secure(app, options.config.publicBaseUrl.startsWith('https:'));
  await app.register(formbody, { parser: parseForm });
  app.removeContentTypeParser('text/plain');
  warnOfUnlistedProxies(app);
  metrics?.watch(app);
  if (redis) metrics?.watchRedis(redis);
  const health: Health = { stopping: false, redis };
  addHealthRoutes(app, health);
  const forBrowsers = { bodyLimit: TOKEN_BODY_LIMIT, config: { ownLine: true } };
  const forTwilio = { bodyLimit: WEBHOOK_BODY_LIMIT };
  mount(host, '/chat-widget', forBrowsers, async (call) => (await started).backend.token(call));
  mount(host, '/chat-widget/claim', forBrowsers, async (call) => (await started).backend.claim(call));
  mount(host, '/chat-widget/migrate', forBrowsers, async (call) => (await started).backend.migrate(call));
  mount(host, WEBHOOK_PATHS.conversationAdded, forTwilio, async (call) =>
    (await started).backend.conversationAdded(call),
  );
  mount(host, WEBHOOK_PATHS.messageAdded, forTwilio, async (call) =>
    (await started).backend.messageAdded(call),
  );
  await serveFiles(app, options);
  // Whoever is let in before it is known whether Redis is there would be counted here alone.
  await redis?.settled;
  let figures: { url: string; close(): Promise<void> } | undefined;
  let config: Config;
  try {
    figures = metrics && options.metrics && (await serveMetrics(metrics, options.metrics));
    await listen(app, address, options.config.port);
    ({ config } = await started);
  } catch (error) {
    await app.close();
    await figures?.close();
    redis?.close();
    throw error;
  }

  async function stopAll(): Promise<void> {
    health.stopping = true;
    if (drainMs > 0) await pause(drainMs);
    await stop(app, work, dropUnused);
    await figures?.close();
    redis?.close();
  }

  let closing: Promise<void> | undefined;
  return {
    url: `http://${address.includes(':') ? `[${address}]` : address}:${(app.server.address() as AddressInfo).port}`,
    config,
    ...(figures && { metricsUrl: figures.url }),
    close() {
      closing ??= stopAll();
      return closing;
    },
  };
}

function createApp(options: NodeHostOptions): FastifyInstance {
  const { headMs = 2_000, requestMs = 10_000, idleMs = 60_000 } = options.timeLimits ?? {};
  const app = fastify({
    logger: loggerOptions(options.log ?? {}),
    logController: requestLog(),
    // Without a proxy that is known, a header would let callers choose the bucket that they are counted in.
    trustProxy: options.config.trustedProxies.length > 0 && [...options.config.trustedProxies],
    // What still comes on open connections while the server stops is answered, and the connection ends with it.
    return503OnClosing: false,
    requestTimeout: requestMs,
    connectionTimeout: idleMs,
    // A proxy keeps connections for a minute as a rule, and answers 502 when one ends under its request.
    keepAliveTimeout: options.config.trustedProxies.length > 0 ? 75_000 : 5_000,
    http: { headersTimeout: headMs, connectionsCheckingInterval: 500 },
    frameworkErrors: (error, _request, reply) => send(reply, failure(error)),
  });
  app.setNotFoundHandler((_request, reply) =>
    send(reply, errorReply(new ServiceError('not_found', 'There is nothing at this address.'))),
  );
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const answer = failure(error);
    if (answer.status >= 500) request.log.error({ err: error }, 'request failed');
    return send(reply, answer);
  });
  return app;
}

/** What every answer has. Handlers add their own; pages and files get helmet's rest in {@link serveFiles}. */
function secure(app: FastifyInstance, isPublicByHttps: boolean): void {
  const headers = {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    ...(isPublicByHttps && { 'strict-transport-security': 'max-age=31536000; includeSubDomains' }),
  };
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
}

/** Hands every method of a path to a handler, and what it could not parse too: the handler knows the right refusal. */
function mount(
  { app, work, endOfTurn }: { app: FastifyInstance; work: WorkUnderWay; endOfTurn: LoopTurn },
  path: string,
  options: { bodyLimit: number; config?: { ownLine: boolean } },
  handler: Handler,
): void {
  async function answer(reply: FastifyReply, call: Call): Promise<FastifyReply> {
    const handling = handler(call);
    // A caller that is cut off while the server stops leaves its call to be finished all the same.
    work.add(handling);
    const { after, ...result } = await handling;
    if (after) {
      // Acknowledged first; a caller that hung up meanwhile was accepted all the same.
      const answered = finished(reply.raw).catch(() => {});
      work.add(answered.then(after));
    }
    await endOfTurn();
    return send(reply, result);
  }

  app.all(
    path,
    {
      ...options,
      errorHandler(error, request, reply) {
        const body = unreadableBody(error);
        if (!body) throw error;
        return answer(reply, toCall(request, body));
      },
    },
    (request, reply) => answer(reply, toCall(request)),
  );
}

function failure(error: FastifyError): Reply {
  if (error instanceof ServiceError) return errorReply(error);
  const { statusCode = 500 } = error;
  return errorReply(
    statusCode >= 400 && statusCode < 500
      ? new ServiceError('bad_request', 'The request is not one that this server understands.', {
          status: statusCode,
        })
      : internalError,
  );
}

async function listen(app: FastifyInstance, address: string, port: number): Promise<void> {
  try {
    await app.listen({ host: address, port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new ServiceError(
      'port_in_use',
      `Port ${port} on ${address} is used by another program. Stop it, or set PORT to another one.`,
    );
  }
}

async function stop(app: FastifyInstance, work: WorkUnderWay, dropUnused: () => void): Promise<void> {
  // A caller that reads its answer too slowly, or never, must not keep the server alive.
  const cut = setTimeout(() => app.server.closeAllConnections(), CLOSE_LIMIT_MS);
  dropUnused();
  await app.close();
  clearTimeout(cut);
  const unfinished = await work.finished(WORK_LIMIT_MS);
  if (unfinished > 0) {
    app.log.error(
      { event: 'stop', outcome: 'unfinished', unfinished },
      `stopped before everything accepted was done: bots or Twilio took longer than ${WORK_LIMIT_MS / 1000} s`,
    );
  }
}

function withPort(config: Config, port: number): Config {
  const fill = (address: string): string => address.replace(/^(https?:\/\/[^/]*):0(?=\/|$)/, `$1:${port}`);
  return {
    ...config,
    port,
    publicBaseUrl: fill(config.publicBaseUrl),
    allowedOrigins: config.allowedOrigins.map(fill),
  };
}
