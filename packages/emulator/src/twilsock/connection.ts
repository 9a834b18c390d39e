import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import { given } from '../given.js';
import type { JsonObject } from '../json.js';
import { eventKey } from '../trouble/disorder.js';
import type { ForcedAnswer } from '../trouble/trouble.js';
import type { Session } from '../upstream.js';
import { createAnswer } from './answer-request.js';
import { type ClientMessage, readClientMessage } from './client-messages.js';
import type { ConnectionOptions } from './connection-options.js';
import { createExpiry } from './expiry.js';
import { decodeFrame, encodeFrame } from './frames.js';
import { createGather } from './gather.js';
import { createLine } from './line.js';
import { registered } from './registrations.js';
import { forcedRefusal, goodbyeName, status, statusOf, tokenRefusal } from './statuses.js';

/** A socket from its upgrade to its end. */
export interface Connection {
  /** Cuts the socket without a goodbye: to the client, the network failed. */
  drop(): void;
  /** Says goodbye with a `close` frame and closes the socket after it. */
  close(code: number, status?: string): void;
  /** Says now that the token will expire soon. False when nobody has authenticated. */
  tokenAboutToExpire(): boolean;
  /** Looks again at what is wrong with its line. */
  troubled(): void;
  /**
   * While on, the socket neither reads nor says anything, not even pings; its TCP connection stays. False when it
   * was so already.
   */
  halfOpen(on: boolean): boolean;
}

const capabilities = ['client_update', 'offline_storage'];

/** Speaks Twilsock with one client. Whatever arrives, it answers, ignores or drops; it never throws. */
export function openConnection(socket: WebSocket, options: ConnectionOptions): Connection {
  const { limits, verifyToken, clock, wire, log, trace, trouble } = options;
  const line = createLine(trouble.random);
  let phase: 'new' | 'authenticating' | 'ready' | 'gone' = 'new';
  let session: Session | undefined;
  let heardSincePing = true;
  let halfOpen: 'no' | 'yes' | 'yes, and lost' = 'no';
  let lastId = 0;
  // Only the client's own answers name it, so it need not be unique beyond the socket.
  const nextId = (): string => `TM${++lastId}`;
  const gather = createGather(wire);

  const identity = (): string | null => session?.identity ?? null;
  /** Hands a frame to `go` with what sends it, unless the socket is over, and drops who reads too slowly. */
  const send = (
    header: JsonObject,
    payload: string | undefined,
    go: (size: number, act: () => void) => void,
    sent?: () => void,
  ): void => {
    if (phase === 'gone') return;
    const frame =
      payload === undefined
        ? encodeFrame(header)
        : encodeFrame({ ...header, payload_type: 'application/json' }, payload);
    const about = {
      direction: 'out',
      identity: identity(),
      frame: String(header.method),
      ...statusOf(header),
      size: frame.length,
    } as const;
    go(frame.length, () => {
      // A reply that waited may come after the goodbye.
      if (socket.readyState !== socket.OPEN) return;
      gather.begin();
      socket.send(frame, sent);
      trace(about);
    });
    if (line.waiting + socket.bufferedAmount > limits.bufferedBytes) {
      log('A client reads too slowly and was dropped');
      lose();
    }
  };
  const reply = (id: string, header: JsonObject, payload?: JsonObject, after?: AfterReply): void =>
    send(
      { method: 'reply', id, ...header },
      payload && JSON.stringify(payload),
      (size, act) => line.reply(size, act, after?.onItsWay),
      after?.sent,
    );
  const tell = (header: JsonObject): void => send({ ...header, id: nextId() }, undefined, line.tell);
  const push: Session['push'] = (messageType, payload) => {
    send(
      { method: 'notification', id: nextId(), message_type: messageType, notification_ctx_id: '' },
      payload,
      (size, act) => line.event(size, act, () => eventKey(messageType, payload)),
    );
  };

  const end = (): void => {
    if (phase === 'gone') return;
    phase = 'gone';
    clearTimeout(authentication);
    unwatch();
    expiry.stop();
    if (session) options.closed(session);
  };
  const drop = (): void => {
    end();
    line.stop();
    socket.terminate();
  };
  /** Drops the socket for a reason of the service's own. On a half-open line the client does not hear of it yet. */
  const lose = (): void => {
    if (halfOpen === 'no') drop();
    else {
      halfOpen = 'yes, and lost';
      end();
      line.stop();
    }
  };

  const authentication = setTimeout(lose, limits.authenticateWithin);
  const unwatch = options.keepAlive.watch(() => {
    if (halfOpen !== 'no') return;
    if (!heardSincePing) return drop();
    heardSincePing = false;
    socket.ping();
    if (phase === 'ready') tell({ method: 'ping' });
  });
  const sayAboutToExpire = (): void =>
    tell({ method: 'client_update', client_update_type: 'token_about_to_expire' });
  // Closing without a `close` frame is on purpose: with one, the SDK waits 3 s and may lose an `updateToken`.
  const expiry = createExpiry(clock, limits.expiryNotice, { soon: sayAboutToExpire, over: lose });
  const troubled = (): void => line.trouble(trouble.line(identity()));
  troubled();

  const forced = (to: 'init' | 'update', identity: string): ForcedAnswer | undefined =>
    trouble.answers[to].meet({ method: to.toUpperCase(), path: '', identity: () => identity });
  const refuse = (id: string, answer: ForcedAnswer): void => {
    const { header, payload } = forcedRefusal(answer);
    reply(id, header, payload);
  };

  const init = async (message: Extract<ClientMessage, { method: 'init' }>): Promise<void> => {
    if (phase !== 'new') {
      return reply(message.id, { status: { ...status(400), description: 'init was already sent' } });
    }
    phase = 'authenticating';
    const verdict = await verifyToken(message.token);
    if (isGone()) return;
    phase = 'new';
    if (!verdict.valid) return reply(message.id, tokenRefusal(verdict.errorCode));
    const { identity } = verdict.token;
    const answer = forced('init', identity);
    if (answer) return refuse(message.id, answer);
    const continuation = options.resume(identity, message.continuationToken);
    session = { identity, continuation: continuation.token, push: registered(message.registrations, push) };
    const { storageId } = options.welcome(session);
    phase = 'ready';
    clearTimeout(authentication);
    expiry.watch(verdict.token.expiresAt);
    troubled();
    reply(message.id, {
      status: status(200),
      capabilities,
      continuation_token: continuation.token,
      continuation_token_status: continuation.status,
      offline_storage: { ip_messaging: { storage_id: storageId } },
      init_registrations: message.registrations?.map(({ type, product, messageTypes }) => ({
        notification_ctx_id: randomUUID(),
        type,
        product,
        message_types: messageTypes,
      })),
    });
  };

  const update = async (message: Extract<ClientMessage, { method: 'update' }>): Promise<void> => {
    const verdict = await verifyToken(message.token);
    if (isGone() || !session) return;
    if (!verdict.valid) return reply(message.id, tokenRefusal(verdict.errorCode));
    // Another identity would inherit this one's subscriptions.
    if (verdict.token.identity !== session.identity) return reply(message.id, tokenRefusal(20106));
    const answer = forced('update', session.identity);
    if (answer) return refuse(message.id, answer);
    expiry.watch(verdict.token.expiresAt);
    reply(message.id, { status: status(200) });
  };

  const giveUp = (error: unknown): void => {
    log(`A frame failed: ${error instanceof Error ? error.stack : String(error)}`);
    drop();
  };
  const guarded = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      giveUp(error);
    }
  };
  const answer = createAnswer(options, {
    reply: (id, result, sent) =>
      reply(id, { status: status(200), http_status: status(result.status) }, result.body, {
        onItsWay: result.afterwards,
        sent,
      }),
    drop,
    hold: () => line.hold(true),
    flush: gather.end,
    guarded,
  });

  const hear = async (data: Uint8Array): Promise<void> => {
    const decoded = decodeFrame(data);
    const heard = { direction: 'in', identity: identity(), size: data.length } as const;
    if (!decoded.ok) {
      trace({ ...heard, frame: 'unreadable' });
      return shut(1002, decoded.reason);
    }
    const message = readClientMessage(decoded.frame);
    const { method, path } = message.method === 'message' ? message.request : {};
    trace({ ...heard, frame: message.method, ...given({ method, path }) });
    if (message.method === 'ignored') return;
    if (message.method === 'init') return init(message);
    if (message.method === 'close') return socket.close(1000);
    if (message.method === 'invalid') {
      if (message.id === undefined) return shut(1002, message.reason);
      return reply(message.id, { status: { ...status(400), description: message.reason } });
    }
    if (!session) {
      return reply(message.id, { status: { ...status(401), description: 'init comes first' } });
    }
    if (message.method === 'update') return update(message);
    if (message.method === 'message') return answer(message.id, message.request, session);
    // Registrations travel in `init`; the older methods have nothing left to do.
    reply(message.id, { status: status(200) });
  };

  // A frame that cannot be read has no id to answer to, so the socket's own close code is the answer.
  const shut = (code: number, why: string): void => {
    log(`A socket was closed: ${why}`);
    socket.close(code, why);
  };
  const isGone = (): boolean => phase === 'gone';

  socket.on('message', (data, isBinary) => {
    heardSincePing = true;
    if (phase === 'gone' || socket.readyState !== socket.OPEN) return;
    if (!isBinary || !(data instanceof Buffer)) return shut(1003, 'frames are binary');
    hear(data).catch(giveUp);
  });
  socket.on('pong', () => {
    heardSincePing = true;
  });
  socket.on('close', () => {
    end();
    line.stop();
  });
  // Too large or broken WebSocket frames: `ws` closes with the right code itself.
  socket.on('error', (error) => log(`A socket failed: ${error.message}`));

  return {
    drop,
    close(code, name = goodbyeName(code)) {
      tell({ method: 'close', status: { code, status: name } });
      // Nothing may follow a goodbye.
      end();
      line.tell(0, () => socket.close(1000));
    },
    tokenAboutToExpire() {
      if (phase !== 'ready') return false;
      sayAboutToExpire();
      return true;
    },
    troubled,
    halfOpen(on) {
      if (on === (halfOpen !== 'no')) return false;
      const lost = halfOpen === 'yes, and lost';
      halfOpen = on ? 'yes' : 'no';
      // What it would have answered the pings with was not read.
      heardSincePing = true;
      if (lost) drop();
      else if (on) socket.pause();
      else socket.resume();
      line.hold(on);
      return true;
    },
  };
}

interface AfterReply {
  onItsWay: (() => void) | undefined;
  sent: (() => void) | undefined;
}
