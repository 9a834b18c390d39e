import { isIP } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/**
 * Who calls, by the right-most address of `X-Forwarded-For` that is not a trusted proxy. Some proxies write a port
 * behind it, which would give each connection a bucket of its own; what is no address at all is not taken for one.
 */
export function callerOf(request: FastifyRequest): string {
  if (isIP(request.ip) !== 0) return request.ip;
  const address =
    /^\[([^\]]+)\](?::\d+)?$/.exec(request.ip)?.[1] ?? request.ip.replace(/^([\d.]+):\d+$/, '$1');
  return isIP(address) === 0 ? (request.socket.remoteAddress ?? '') : address;
}

/**
 * Says once that `X-Forwarded-For` came from somewhere that is not trusted. Behind a proxy that nobody listed all callers
 * would share one bucket, and a busy site would be refused for no reason that its operator can see.
 */
export function warnOfUnlistedProxies(app: FastifyInstance): void {
  let warned = false;
  app.addHook('onRequest', (request, _reply, done) => {
    // A trusted peer adds at least one address to its own.
    if (!warned && request.headers['x-forwarded-for'] !== undefined && (request.ips?.length ?? 1) === 1) {
      warned = true;
      request.log.warn(
        { event: 'proxy', outcome: 'not_trusted', peer: request.socket.remoteAddress },
        'X-Forwarded-For came from an address that is not in TRUSTED_PROXIES and is not believed: if that is your ' +
          'proxy, list it, or all who come through it share one limit',
      );
    }
    done();
  });
}
