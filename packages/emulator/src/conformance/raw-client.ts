import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { isObject, type JsonObject, parseJson } from '../json.js';
import { decodeFrame, encodeFrame } from '../twilsock/frames.js';
import type { Service } from './service.js';

/** A socket that says exactly what a test wants said, including what no SDK would. */
export interface RawClient {
  socket: WebSocket;
  /** Sends a frame with a new id and answers its reply. */
  ask(header: JsonObject, payload?: string): Promise<RawReply>;
  request(method: string, path: string, body?: unknown, params?: JsonObject): Promise<RawReply>;
  init(identity: string): Promise<RawReply>;
  /** Every notification so far, in order, as `[message type, payload]`. */
  notifications: [string, JsonObject][];
  /** The next notification that is accepted, past ones included. */
  notification(accept: (payload: JsonObject) => boolean): Promise<JsonObject>;
  /** Everything that arrived, in order: `reply:<id>` or `push:<event type>`. */
  order: string[];
  closed: Promise<{ code: number }>;
}

interface RawReply {
  header: JsonObject;
  body: unknown;
  httpStatus: number | undefined;
}

export async function openRawClient(service: Service): Promise<RawClient> {
  const socket = new WebSocket(service.wsUrl);
  onTestFinished(() => socket.terminate());
  const waiting = new Map<string, (reply: RawReply) => void>();
  const notifications: RawClient['notifications'] = [];
  const order: string[] = [];
  let arrived: () => void = () => {};
  const closed = new Promise<{ code: number }>((resolve) => {
    socket.on('close', (code) => resolve({ code }));
  });
  socket.on('message', (data) => {
    const decoded = decodeFrame(data as Buffer);
    if (!decoded.ok) throw new Error(decoded.reason);
    const { header, payload } = decoded.frame;
    const body = parseJson(payload);
    if (header.method === 'reply') {
      order.push(`reply:${header.id}`);
      const http = isObject(header.http_status) ? Number(header.http_status.code) : undefined;
      waiting.get(String(header.id))?.({ header, body, httpStatus: http });
    } else if (header.method === 'notification' && isObject(body)) {
      order.push(`push:${body.event_type}`);
      notifications.push([String(header.message_type), body]);
      arrived();
    }
  });
  await new Promise((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
  });

  const ask: RawClient['ask'] = (header, payload) => {
    const id = typeof header.id === 'string' ? header.id : randomUUID();
    return new Promise((resolve) => {
      waiting.set(id, resolve);
      socket.send(encodeFrame({ ...header, id }, payload));
    });
  };
  return {
    socket,
    ask,
    order,
    closed,
    notifications,
    request: (method, path, body, params = {}) =>
      ask(
        { method: 'message', http_request: { host: 'any', path, method, params, headers: {} } },
        body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body),
      ),
    init: async (identity) => ask({ method: 'init', token: await service.token(identity) }),
    async notification(accept) {
      for (;;) {
        const found = notifications.find(([, payload]) => accept(payload));
        if (found) return found[1];
        await new Promise<void>((resolve) => {
          arrived = resolve;
        });
      }
    },
  };
}
