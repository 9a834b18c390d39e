import type { FastifyInstance } from 'fastify';
import type { Redis } from '../redis/redis.js';

/** What the readiness of a host depends on. */
export interface Health {
  stopping: boolean;
  redis?: Redis | undefined;
}

/**
 * `/healthz`: the process lives. `/readyz`: send it calls. Redis is told of and does not count: without it the service
 * goes on. Twilio is not asked: when it is away, so it is for every other server, and taking all of them out of use at
 * once would only add to it.
 */
export function addHealthRoutes(app: FastifyInstance, health: Health): void {
  app.addHook('onSend', (_request, reply, payload, done) => {
    // A connection that was busy when the server began to stop would keep it for as long as connections may idle.
    if (health.stopping) reply.header('connection', 'close');
    done(null, payload);
  });
  const quiet = { logLevel: 'warn' } as const;
  app.get('/healthz', quiet, () => ({ status: 'ok' }));
  app.get('/readyz', quiet, (_request, reply) =>
    reply
      .code(health.stopping ? 503 : 200)
      .header('cache-control', 'no-store')
      .send({
        status: health.stopping ? 'stopping' : 'ready',
        ...(health.redis && { redis: health.redis.state() }),
      }),
  );
}
