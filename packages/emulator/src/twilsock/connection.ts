import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Writable } from 'node:stream';
import type { WebSocket } from 'ws';
import { type AccessToken, tokenErrors, type VerifyToken } from '../auth/access-token.js';
import type { Clock } from '../clock.js';
import { given } from '../given.js';
import { isObject, type JsonObject } from '../json.js';
import type { Session, Upstream } from '../upstream.js';
import { type ClientMessage, readClientMessage } from './client-messages.js';
import { decodeFrame, encodeFrame } from './frames.js';
import { createOutgoing } from './outgoing.js';

export interface ConnectionLimits {
  /** Milliseconds a socket has to authenticate. */
  authenticateWithin: number;
  /** Milliseconds between keep-alive pings; a peer that answered none since the last is gone. */
  pingEvery: number;
  /** Milliseconds before its end at which a token is said to expire soon; half of its life for shorter ones. */
  expiryNotice: number;
  /**
   * Bytes a slow reader may leave unread. Beyond, it is dropped and replays what it missed; so this must be more
   * than a long absence takes to replay.
   */
  bufferedBytes: number;
}

export const connectionLimits: ConnectionLimits = {
  authenticateWithin: 5_000,
  pingEvery: 25_000,
  expiryNotice: 180_000,
  bufferedBytes: 32 * 1024 * 1024,
};

/** A frame that passed, without what it held. */
export interface FrameTrace {
  direction: 'in' | 'out';
  identity: string | null;
  /** Its method; `unreadable` for what has none. */
  frame: string;
  /** Of the request that travels in it, with its path. */
  method?: string;
  path?: string;
  /** Of a reply: of the request when it answers one. */
  status?: number;
  /** In bytes. */
  size: number;
}

export interface ConnectionOptions {
  verifyToken: VerifyToken;
  upstream: Upstream;
  clock: Clock;
  limits: ConnectionLimits;
  /** What lies under the socket. */
  wire: Pick<Writable, 'cork' | 'uncork'>;
  log: (line: string) => void;
  /** Hears of every frame, as it arrives and as it leaves. */
  trace: (frame: FrameTrace) => void;
  /** Milliseconds that frames are held back at first. */
  latency: number;
  /** Makes ready for an identity that has proved itself, and answers where its browser may cache. */
  welcome(session: Session): { storageId: string };
  closed(session: Session): void;
}

/** A socket from its upgrade to its end. */
export interface Connection {
  /** Cuts the socket without a goodbye: to the client, the network failed. */
  drop(): void;
  /** Says goodbye with a `close` frame and closes the socket after it. */
  close(code: number, status?: string): void;
  /** Says now that the token will expire soon. False when nobody has authenticated. */
  tokenAboutToExpire(): boolean;
  /** Holds every frame back for so many milliseconds, in order; 0 ends it and lets go what waits. */
  latency(ms: number): void;
}

const capabilities = ['client_update', 'offline_storage'];
const status = (code: number): JsonObject => ({ code, status: reason(code) });
const statusOf = ({ http_status, status }: JsonObject): { status: number } | undefined => {
  const { code } = isObject(http_status) ? http_status : isObject(status) ? status : {};
  return typeof code === 'number' ? { status: code } : undefined;
};
const reason = (code: number): string => (code === 200 ? 'OK' : (STATUS_CODES[code] ?? 'Unknown'));

/** Speaks Twilsock with one client. Whatever arrives, it answers, ignores or drops; it never throws. */
export function openConnection(socket: WebSocket, options: ConnectionOptions): Connection {
  const { limits, upstream, verifyToken, clock, wire, log, trace } = options;
  const outgoing = createOutgoing(options.latency);
  let phase: 'new' | 'authenticating' | 'ready' | 'gone' = 'new';
  let session: Session | undefined;
  let heardSincePing = true;
  let expiryTimers: NodeJS.Timeout[] = [];
  let lastId = 0;
  // Only the client's own answers name it, so it need not be unique beyond the socket.
  const nextId = (): string => `TM${++lastId}`;

  // A message is a reply and two events for its sender: what one turn brings leaves in one write.
  let gathering = false;
  const gather = (): void => {
    if (gathering) return;
    gathering = true;
    wire.cork();
    process.nextTick(() => {
      gathering = false;
      wire.uncork();
    });
  };
  const send = (header: JsonObject, payload?: string): void => {
    if (phase === 'gone') return;
    const frame =
      payload === undefined
        ? encodeFrame(header)
        : encodeFrame({ ...header, payload_type: 'application/json' }, payload);
    const identity = session?.identity ?? null;
    outgoing.add(frame.length, () => {
      gather();
      socket.send(frame);
      trace({
        direction: 'out',
        identity,
        frame: String(header.method),
        ...statusOf(header),
        size: frame.length,
      });
    });
    if (outgoing.waiting + socket.bufferedAmount > limits.bufferedBytes) {
      log('A client reads too slowly and was dropped');
      drop();
    }
  };
  const reply = (id: string, header: JsonObject, payload?: JsonObject): void =>
    send({ method: 'reply', id, ...header }, payload && JSON.stringify(payload));
  const tell = (header: JsonObject): void => send({ ...header, id: nextId() });

  const end = (): void => {
    if (phase === 'gone') return;
    phase = 'gone';
    clearTimeout(authentication);
    clearInterval(keepAlive);
    expiryTimers.forEach(clearTimeout);
    if (session) options.closed(session);
  };
  const drop = (): void => {
    end();
    outgoing.stop();
    socket.terminate();
  };

  const authentication = setTimeout(drop, limits.authenticateWithin);
  const keepAlive = setInterval(() => {
    if (!heardSincePing) return drop();
    heardSincePing = false;
    socket.ping();
    if (phase === 'ready') tell({ method: 'ping' });
  }, limits.pingEvery);

  const sayAboutToExpire = (): void =>
    tell({ method: 'client_update', client_update_type: 'token_about_to_expire' });
  // Closing without a `close` frame is on purpose: with one, the SDK waits 3 s and may lose an `updateToken`.
  const watchExpiry = (token: AccessToken): void => {
    expiryTimers.forEach(clearTimeout);
    const left = Math.max(0, token.expiresAt - clock.now());
    const notice = left - Math.min(limits.expiryNotice, left / 2);
    expiryTimers = [setTimeout(sayAboutToExpire, notice), setTimeout(drop, left)];
  };

  const refuseToken = (id: string, errorCode: keyof typeof tokenErrors): void =>
    reply(id, {
      status: { code: 401, status: 'UNAUTHORIZED', errorCode, description: tokenErrors[errorCode] },
    });

  const init = async (message: Extract<ClientMessage, { method: 'init' }>): Promise<void> => {
    if (phase !== 'new') {
      return reply(message.id, { status: { ...status(400), description: 'init was already sent' } });
    }
    phase = 'authenticating';
    const verdict = await verifyToken(message.token);
    if (isGone()) return;
    if (!verdict.valid) {
      phase = 'new';
      return refuseToken(message.id, verdict.errorCode);
    }
    const { identity } = verdict.token;
    session = {
      identity,
      push: (messageType, payload) =>
        send(
          {
            method: 'notification',
            id: nextId(),
            message_type: messageType,
            notification_ctx_id: '',
          },
          payload,
        ),
    };
    const { storageId } = options.welcome(session);
    phase = 'ready';
    clearTimeout(authentication);
    watchExpiry(verdict.token);
    const known = message.continuationToken;
    reply(message.id, {
      status: status(200),
      capabilities,
      continuation_token: known ?? randomUUID(),
      continuation_token_status:
        known === null
          ? { reissued: true, reissue_reason: 'MISSING', reissue_message: 'No continuation token was sent' }
          : { reissued: false },
      offline_storage: { ip_messaging: { storage_id: storageId } },
      init_registrations: message.registrations.map((registration) => ({
        notification_ctx_id: randomUUID(),
        type: registration.type,
        product: registration.product,
        message_types: registration.message_types,
      })),
    });
  };

  const update = async (message: Extract<ClientMessage, { method: 'update' }>): Promise<void> => {
    const verdict = await verifyToken(message.token);
    if (isGone()) return;
    if (!verdict.valid) return refuseToken(message.id, verdict.errorCode);
    // Another identity would inherit this one's subscriptions.
    if (verdict.token.identity !== session?.identity) return refuseToken(message.id, 20106);
    watchExpiry(verdict.token);
    reply(message.id, { status: status(200) });
  };

  const answer = (message: Extract<ClientMessage, { method: 'message' }>, by: Session): void => {
    const result = upstream(by, message.request);
    reply(message.id, { status: status(200), http_status: status(result.status) }, result.body);
    result.afterwards?.();
  };

  const hear = async (data: Uint8Array): Promise<void> => {
    const decoded = decodeFrame(data);
    const heard = { direction: 'in', identity: session?.identity ?? null, size: data.length } as const;
    if (!decoded.ok) {
      trace({ ...heard, frame: 'unreadable' });
      return refuse(1002, decoded.reason);
    }
    const message = readClientMessage(decoded.frame);
    const { method, path } = message.method === 'message' ? message.request : {};
    trace({ ...heard, frame: message.method, ...given({ method, path }) });
    if (message.method === 'ignored') return;
    if (message.method === 'init') return init(message);
    if (message.method === 'close') return socket.close(1000);
    if (message.method === 'invalid') {
      if (message.id === undefined) return refuse(1002, message.reason);
      return reply(message.id, { status: { ...status(400), description: message.reason } });
    }
    if (!session) {
      return reply(message.id, { status: { ...status(401), description: 'init comes first' } });
    }
    if (message.method === 'update') return update(message);
    if (message.method === 'message') return answer(message, session);
    // Registrations travel in `init`; the older methods have nothing left to do.
    reply(message.id, { status: status(200) });
  };

  // A frame that cannot be read has no id to answer to, so the socket's own close code is the answer.
  const refuse = (code: number, why: string): void => {
    log(`A socket was closed: ${why}`);
    socket.close(code, why);
  };
  const isGone = (): boolean => phase === 'gone';

  socket.on('message', (data, isBinary) => {
    heardSincePing = true;
    if (phase === 'gone' || socket.readyState !== socket.OPEN) return;
    if (!isBinary || !(data instanceof Buffer)) return refuse(1003, 'frames are binary');
    hear(data).catch((error) => {
      log(`A frame failed: ${error instanceof Error ? error.stack : String(error)}`);
      drop();
    });
  });
  socket.on('pong', () => {
    heardSincePing = true;
  });
  socket.on('close', () => {
    end();
    outgoing.stop();
  });
  // Too large or broken WebSocket frames: `ws` closes with the right code itself.
  socket.on('error', (error) => log(`A socket failed: ${error.message}`));

  return {
    drop,
    close(code, name = code === 308 ? 'OFFLOAD' : reason(code)) {
      tell({ method: 'close', status: { code, status: name } });
      // Nothing may follow a goodbye.
      end();
      outgoing.add(0, () => socket.close(1000));
    },
    tokenAboutToExpire() {
      if (phase !== 'ready') return false;
      sayAboutToExpire();
      return true;
    },
    latency: outgoing.latency,
  };
}
