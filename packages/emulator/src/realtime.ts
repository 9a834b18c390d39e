import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { createTokenVerifier, type VerifyToken } from './auth/access-token.js';
import { createTokenLedger } from './auth/token-ledger.js';
import { clientApiRoutes } from './client-api/client-api.js';
import type { Domain } from './conversations/domain.js';
import { ensureUser } from './conversations/ensure-user.js';
import { forgetWhoWasOnline, updateReachability } from './conversations/reachability.js';
import { refuseUpgrade } from './http/refuse-upgrade.js';
import type { Credentials } from './options.js';
import { type SyncLimits, syncLimits } from './sync/subscriptions.js';
import { createSync } from './sync/sync.js';
import type { Trouble } from './trouble/trouble.js';
import { createTurn } from './turn.js';
import { type Connection, openConnection } from './twilsock/connection.js';
import { type ConnectionLimits, connectionLimits, type FrameTrace } from './twilsock/connection-options.js';
import { createContinue } from './twilsock/continuation.js';
import { createKeepAlive } from './twilsock/keep-alive.js';
import { createUpstream, type Reply, type Session } from './upstream.js';

export interface RealtimeLimits extends ConnectionLimits, SyncLimits {
  /** The largest frame a client may send, in bytes. */
  frameBytes: number;
}

export interface RealtimeOptions {
  domain: Domain;
  credentials: Credentials;
  /** The emulator's own HTTP base URL, known once it listens. */
  baseUrl: () => string;
  log: (line: string) => void;
  trouble: Trouble;
  trace: (frame: FrameTrace) => void;
  /** Hears how an upgrade was met: 101, or the status it was refused with. */
  answered: (request: IncomingMessage, status: number) => void;
  limits?: Partial<RealtimeLimits>;
}

/** The socket side of the emulator: Twilsock, the client API and Sync behind one upgrade handler. */
export interface Realtime {
  /** Takes a socket. The caller has checked where the request comes from. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Cuts the sockets of one identity, or all, without a goodbye. As all faults on sockets, it answers how many. */
  drop(identity?: string): number;
  /** Closes the sockets of one identity, or all, with a `close` frame. */
  sendAway(goodbye: { code: number; status?: string; identity?: string }): number;
  tokenAboutToExpire(identity: string): number;
  /** Every token that the identity has used is refused from now on, and its sockets end. */
  expireToken(identity: string, how: 'drop' | 'close410'): number;
  /** Tells the open sockets that what is wrong on request has changed. */
  troubled(): void;
  /** Makes the sockets that are open now deaf and dumb, of one identity or all; off, it ends for those it is meant for. */
  halfOpen(on: boolean, identity?: string): number;
  /** The check that sockets pass, faults included, for who takes tokens elsewhere. */
  verifyToken: VerifyToken;
  /** Carries out what the sockets have brought so far. */
  finish(): void;
  /** While on, upgrades are answered with 503. */
  refuse(on: boolean): void;
  close(): Promise<void>;
}

export const socketPath = '/v3/wsconnect';

export function createRealtime(options: RealtimeOptions): Realtime {
  const { domain, credentials, baseUrl, log, trouble, trace, answered } = options;
  const limits: RealtimeLimits = {
    ...connectionLimits,
    ...syncLimits,
    frameBytes: 1024 * 1024,
    ...options.limits,
  };
  const sessions = new Map<string, Set<Session>>();
  const connections = new Map<Connection, () => Session | undefined>();
  // Its Sync objects are gone: a client of a deleted user begins anew.
  const stopListening = domain.facts.listen((fact) => {
    if (fact.type === 'user.removed') drop(fact.user.identity);
  });
  const sync = createSync(domain, (identity) => sessions.get(identity) ?? [], limits);
  const upstream = createUpstream([...clientApiRoutes(domain, baseUrl), ...sync.routes], log);
  // What is subscribed after its reply replays from the store: what is in it must have been announced, and no more.
  const turn = createTurn<Reply>(domain.facts, ({ afterwards }) => afterwards !== undefined);
  const tokens = createTokenLedger(createTokenVerifier(credentials, domain.clock), domain.clock);
  // Compression would cost more than loopback does.
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: limits.frameBytes,
  });
  let refusing = false;
  const keepAlive = createKeepAlive(limits.pingEvery);
  const resume = createContinue(() => `${credentials.apiKeySecret} ${domain.store.epoch}`);
  let ended = false;
  forgetWhoWasOnline(domain);

  const connectionsOf = (identity?: string): Connection[] =>
    [...connections]
      .filter(([, session]) => identity === undefined || session()?.identity === identity)
      .map(([connection]) => connection);
  const drop = (identity?: string): number => {
    const found = connectionsOf(identity);
    for (const connection of found) connection.drop();
    return found.length;
  };
  const sendAway: Realtime['sendAway'] = ({ code, status, identity }) => {
    const found = connectionsOf(identity);
    for (const connection of found) connection.close(code, status);
    return found.length;
  };

  const welcome = (session: Session): { storageId: string } => {
    const { identity } = session;
    const user = ensureUser(domain, { by: { source: 'SDK', identity }, identity });
    sync.begin(session, user);
    const known = sessions.get(identity);
    if (known) known.add(session);
    else {
      sessions.set(identity, new Set([session]));
      updateReachability(domain, { identity, online: true });
    }
    return { storageId: storageIdOf(domain, identity) };
  };
  const closed = (session: Session): void => {
    sync.forget(session);
    const known = sessions.get(session.identity);
    known?.delete(session);
    if (known?.size !== 0) return;
    sessions.delete(session.identity);
    // At the end nothing more is written: the next start tells who has gone.
    if (ended) return;
    try {
      updateReachability(domain, { identity: session.identity, online: false });
    } catch (error) {
      // A socket ends in timers and events, where nobody else would catch it.
      log(`Who has gone offline was not kept: ${error instanceof Error ? error.message : String(error)}`);
    }
  };

  return {
    handleUpgrade(request, socket, head) {
      const path = request.url?.split('?')[0];
      if (path !== socketPath) {
        const message = `This emulator has no socket at ${path}; it is at ${socketPath}`;
        return answered(request, refuseUpgrade(socket, 'not_implemented', message));
      }
      if (refusing) {
        const message = 'Sockets are refused on request (a fault under test)';
        return answered(request, refuseUpgrade(socket, 'unavailable', message));
      }
      (socket as Partial<Pick<Socket, 'setNoDelay'>>).setNoDelay?.(true);
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        answered(request, 101);
        let session: Session | undefined;
        const connection = openConnection(webSocket, {
          verifyToken: tokens.verify,
          upstream,
          turn,
          clock: domain.clock,
          limits,
          wire: socket,
          log,
          trace,
          trouble,
          keepAlive,
          resume,
          welcome(welcomed) {
            session = welcomed;
            return welcome(welcomed);
          },
          closed,
        });
        connections.set(connection, () => session);
        webSocket.on('close', () => connections.delete(connection));
      });
    },
    drop,
    sendAway,
    verifyToken: tokens.verify,
    tokenAboutToExpire: (identity) =>
      connectionsOf(identity).filter((connection) => connection.tokenAboutToExpire()).length,
    expireToken(identity, how) {
      tokens.expire(identity);
      return how === 'drop' ? drop(identity) : sendAway({ code: 410, identity });
    },
    troubled() {
      for (const connection of connections.keys()) connection.troubled();
    },
    halfOpen(on, identity) {
      return connectionsOf(identity).filter((connection) => connection.halfOpen(on)).length;
    },
    finish: turn.finish,
    refuse(on) {
      refusing = on;
    },
    async close() {
      refusing = true;
      turn.finish();
      ended = true;
      drop();
      keepAlive.stop();
      stopListening();
      sync.stop();
      await new Promise<void>((resolve) => {
        sockets.close(() => resolve());
      });
    },
  };
}

/**
 * Names what a browser may keep in its session storage. It changes with the store's epoch: descriptors of an
 * emptied store would otherwise be used, and hide updates.
 */
function storageIdOf(domain: Domain, identity: string): string {
  return createHash('sha256')
    .update(JSON.stringify([domain.store.epoch, domain.serviceSid, identity]))
    .digest('hex')
    .slice(0, 32);
}
