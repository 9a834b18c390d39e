import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { ServiceError } from '../errors.js';
import type { Log } from '../log.js';
import type { OnCount } from '../on-count.js';
import type { Redis } from '../redis/redis.js';

/** Where figures for Prometheus are served. */
export interface MetricsOptions {
  /** 0 takes any free one. */
  port: number;
  /** Default `127.0.0.1`. */
  address?: string;
}

/** Figures of one host. No label holds what a caller wrote: routes, status codes and our own words for what happened. */
export interface Metrics {
  /** Counts and times the requests of an app. */
  watch(app: FastifyInstance): void;
  /** A log that counts the outcomes that are written to it. */
  counting(log: Log): Log;
  onCount: OnCount;
  watchRedis(redis: Redis): void;
  text(): Promise<string>;
}

const PREFIX = 'conversations_web_chat_';

/** Starts to count. */
export function createMetrics(): Metrics {
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register });
  const requests = new Counter({
    name: `${PREFIX}http_requests_total`,
    help: 'Requests that were answered, by route and status.',
    labelNames: ['route', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: `${PREFIX}http_request_duration_seconds`,
    help: 'Time from a request’s head to the end of its answer.',
    labelNames: ['route'],
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
    registers,
  });
  const events = new Counter({
    name: `${PREFIX}events_total`,
    help: 'What the service did: event and outcome as in its log.',
    labelNames: ['event', 'outcome'],
    registers,
  });
  const counters = new Map<string, Counter>();

  function count(fields: object): void {
    const { event, outcome } = fields as { event?: unknown; outcome?: unknown };
    if (typeof event === 'string' && typeof outcome === 'string') events.inc({ event, outcome });
  }

  return {
    watch(app) {
      app.addHook('onResponse', (request, reply, done) => {
        // The path is the caller's; the route is ours.
        const route = request.routeOptions.url ?? 'none';
        requests.inc({ route, status: String(reply.statusCode) });
        durations.observe({ route }, reply.elapsedTime / 1000);
        done();
      });
    },
    counting: (log) => ({
      info(fields, message) {
        count(fields);
        log.info(fields, message);
      },
      warn(fields, message) {
        count(fields);
        log.warn(fields, message);
      },
      error(fields, message) {
        count(fields);
        log.error(fields, message);
      },
    }),
    onCount(name, labels) {
      let counter = counters.get(name);
      if (!counter) {
        const help = 'Counted by the service; see its README.';
        counter = new Counter({
          name: `${PREFIX}${name}_total`,
          help,
          labelNames: Object.keys(labels),
          registers,
        });
        counters.set(name, counter);
      }
      counter.inc({ ...labels });
    },
    watchRedis(redis) {
      new Gauge({
        name: `${PREFIX}redis_up`,
        help: '1 while servers share their limits over Redis.',
        registers,
        collect() {
          this.set(redis.state() === 'up' ? 1 : 0);
        },
      });
    },
    text: () => register.metrics(),
  };
}

/**
 * Serves the figures on a port of their own, which the proxy in front of the service does not lead to.
 *
 * @throws ServiceError `port_in_use`.
 */
export async function serveMetrics(
  metrics: Metrics,
  { port, address = '127.0.0.1' }: MetricsOptions,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    metrics.text().then(
      (text) =>
        response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  server.listen(port, address);
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new ServiceError(
      'port_in_use',
      `Port ${port} on ${address} is used by another program. Stop it, or set METRICS_PORT to another one.`,
    );
  }
  return {
    url: `http://${address.includes(':') ? `[${address}]` : address}:${(server.address() as AddressInfo).port}/metrics`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
