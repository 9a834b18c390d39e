import { acknowledgement, decodeFrame, encodeFrame } from './frames.mjs';
import { WebSocket } from './ws.mjs';

/** What the SDK registers for. */
const messageTypes = [
  'twilio.ipmsg.typing_indicator',
  'twilio.sync.event',
  'com.twilio.rtd.cds.document',
  'com.twilio.rtd.cds.list',
  'com.twilio.rtd.cds.map',
];

/** As long as the SDK waits for a reply. */
const patience = 30_000;

/** @template T @param {string} what @param {Promise<T>} promise @returns {Promise<T>} */
async function within(what, promise) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${patience / 1000} s for ${what}`)), patience);
  });
  try {
    return await Promise.race([promise, /** @type {Promise<never>} */ (late)]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @typedef {object} LoadClient
 * @property {(method: string, path: string, body?: object, params?: object) => Promise<{ status: number, body: any }>} request
 * @property {(objects: { sid: string, type: string, after: number }[]) => Promise<void>} subscribe
 *   resolves when the service says `subscription_established`
 * @property {() => Promise<void>} close
 * @property {boolean} open
 */

/**
 * One socket that behaves as the SDK's: it authenticates, and acknowledges every push.
 *
 * @param {string} url
 * @param {string} token
 * @param {(event: { type: string, event: any }) => void} [onEvent] hears every change event
 * @returns {Promise<LoadClient>}
 */
export async function connect(url, token, onEvent = () => {}) {
  const socket = new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: 60_000 });
  /** @type {Map<string, { resolve(reply: any): void, reject(error: Error): void }>} */
  const waiting = new Map();
  /** @type {Map<number, () => void>} */
  const establishing = new Map();
  let last = 0;

  const ask = (header, payload = '') =>
    new Promise((resolve, reject) => {
      const id = `TM${++last}`;
      waiting.set(id, { resolve, reject });
      socket.send(encodeFrame({ id, ...header }, payload));
    });

  socket.on('message', (data) => {
    const { header, payload } = decodeFrame(/** @type {Buffer} */ (data));
    if (header.method === 'reply') {
      const asked = waiting.get(header.id);
      waiting.delete(header.id);
      asked?.resolve({ status: header.http_status?.code ?? header.status.code, body: payload });
      return;
    }
    socket.send(acknowledgement(header.id));
    if (header.method !== 'notification') return;
    const { event_type: type, event, correlation_id: correlation } = payload();
    if (type === 'subscription_established') establishing.get(correlation)?.();
    else onEvent({ type, event });
  });
  await new Promise((resolve, reject) => {
    socket.once('open', () => resolve(undefined));
    socket.once('error', reject);
  });
  const closed = new Promise((resolve) => {
    socket.once('close', () => {
      for (const { reject } of waiting.values()) reject(new Error('The socket closed'));
      waiting.clear();
      resolve(undefined);
    });
  });
  socket.on('error', () => {});

  const welcome = await within(
    'the reply to init',
    ask({
      method: 'init',
      token,
      continuation_token: null,
      metadata: { ver: '1.0.2', env: 'Node.js', type: 'conversations', sdk: 'JS', sdkv: '3.0.1' },
      registrations: [
        {
          product: 'ip_messaging',
          type: 'ers',
          notification_protocol_version: 0,
          message_types: messageTypes,
        },
      ],
      tweaks: null,
      capabilities: ['client_update', 'offline_storage', 'telemetry.v1'],
    }),
  );
  if (welcome.status !== 200) throw new Error(`init was answered ${welcome.status}`);

  const request = async (method, path, body, params = {}) => {
    const reply = await ask(
      {
        method: 'message',
        active_grant: 'ip_messaging',
        payload_type: 'application/json; charset=utf-8',
        http_request: {
          host: 'aim.us1.twilio.com',
          path,
          method,
          params,
          headers: { 'Content-Type': 'application/json; charset=utf-8' },
        },
      },
      body === undefined ? '' : JSON.stringify(body),
    );
    if (reply.status >= 400) throw new Error(`${method} ${path} was answered ${reply.status}`);
    return reply;
  };

  return {
    request,
    async subscribe(objects) {
      const correlation = ++last;
      const established = new Promise((resolve) => {
        establishing.set(correlation, () => resolve(undefined));
      });
      await request('POST', '/v4/Subscriptions', {
        event_protocol_version: 4,
        action: 'establish',
        correlation_id: correlation,
        retried_requests: 0,
        ttl_in_s: -1,
        requests: objects.map(({ sid, type, after }) => ({
          object_sid: sid,
          object_type: type,
          last_event_id: after,
        })),
      });
      await within('subscription_established', established);
      establishing.delete(correlation);
    },
    close() {
      socket.terminate();
      return closed;
    },
    get open() {
      return socket.readyState === WebSocket.OPEN;
    },
  };
}

/**
 * The list of messages and the document of a conversation, looked up as the SDK does.
 *
 * @param {LoadClient} client @param {string} conversation
 */
export async function objectsOf(client, conversation) {
  const [list, document] = await Promise.all([
    client.request('GET', `/v3/Lists/${conversation}.messages`),
    client.request('GET', `/v3/Documents/${conversation}.channel`),
  ]);
  return [
    { sid: list.body().sid, type: 'list', after: list.body().last_event_id },
    { sid: document.body().sid, type: 'document', after: document.body().last_event_id },
  ];
}
