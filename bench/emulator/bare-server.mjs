// What a socket server costs that keeps nothing and checks nothing: the same frames, the same fan-out.
import { answerParent } from '../child.mjs';
import { decodeFrame, encodeFrame } from './frames.mjs';
import { WebSocketServer } from './ws.mjs';

const ok = { code: 200, status: 'OK' };
const account = `AC${'0'.repeat(32)}`;
const service = `IS${'0'.repeat(32)}`;
/** @type {Map<string, Set<any>>} */
const subscribers = new Map();
/** @type {Map<string, number>} */
const indexes = new Map();
let last = 0;

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false, backlog: 4096 });

const reply = (socket, id, httpStatus, body) =>
  socket.send(
    encodeFrame(
      {
        method: 'reply',
        id,
        status: ok,
        http_status: { code: httpStatus, status: 'OK' },
        payload_type: 'application/json',
      },
      JSON.stringify(body),
    ),
  );

/** One event is written once, whoever hears it. */
const notify = (sockets, messageType, payload) => {
  const frame = encodeFrame(
    {
      method: 'notification',
      id: `TM${++last}`,
      message_type: messageType,
      notification_ctx_id: '',
      payload_type: 'application/json',
    },
    JSON.stringify({ event_protocol_version: 4, correlation_id: null, ...payload }),
  );
  for (const socket of sockets) socket.send(frame);
};

const item = (conversation, index, author, body, date) => ({
  sid: `IM${String(index).padStart(32, '0')}`,
  author,
  memberSid: `MB${conversation.slice(2)}`,
  text: body,
  type: 'text',
  attributes: '{}',
  timestamp: date,
  dateUpdated: date,
  lastUpdatedBy: null,
  subject: null,
  contentSid: null,
  channelMetadata: false,
});

function addMessage(socket, id, conversation, body) {
  const index = indexes.get(conversation) ?? 0;
  indexes.set(conversation, index + 1);
  const date = new Date().toISOString();
  const data = item(conversation, index, socket.identity, body, date);
  const base = `https://aim.us1.twilio.com/Client/v2/Conversations/${conversation}`;
  reply(socket, id, 201, {
    sid: data.sid,
    account_sid: account,
    chat_service_sid: service,
    conversation_sid: conversation,
    index,
    author: data.author,
    participant_sid: data.memberSid,
    body,
    subject: null,
    attributes: '{}',
    media: null,
    date_created: date,
    date_updated: date,
    url: `${base}/Messages/${data.sid}`,
    links: { conversation: base },
  });
  const list = `ES${conversation.slice(2)}`;
  notify(subscribers.get(list) ?? [], 'com.twilio.rtd.cds.list', {
    event_type: 'list_item_added',
    event: { id: index + 1, list_sid: list, item_index: index, item_data: data, date_created: date },
  });
  const document = `ET${conversation.slice(2)}`;
  notify(subscribers.get(document) ?? [], 'com.twilio.rtd.cds.document', {
    event_type: 'document_updated',
    event: {
      id: index + 1,
      document_sid: document,
      date_created: date,
      document_unique_name: `${conversation}.channel`,
      document_data: {
        messages: `${conversation}.messages`,
        roster: `${conversation}.roster`,
        friendlyName: null,
        uniqueName: null,
        attributes: '{}',
        createdBy: 'system',
        dateCreated: date,
        dateUpdated: date,
        state: { current: 'active', dateUpdated: date },
        bindings: {},
        lastMessage: { index, timestamp: date },
      },
    },
  });
}

function subscribe(socket, id, { requests, correlation_id: correlation }) {
  reply(socket, id, 202, { estimated_delivery_in_ms: 10_000, max_batch_size: 1000, ttl_in_s: 86_400 });
  for (const { object_sid: sid } of requests) {
    const known = subscribers.get(sid);
    if (known) known.add(socket);
    else subscribers.set(sid, new Set([socket]));
    socket.objects.push(sid);
  }
  notify([socket], 'twilio.sync.event', {
    event_type: 'subscription_established',
    correlation_id: correlation,
    events: requests.map(({ object_sid, object_type, last_event_id }) => ({
      object_sid,
      object_type,
      replay_status: 'completed',
      last_event_id,
    })),
  });
}

/** A page of so many items, without a store to read them from. */
function page(socket, id, conversation, { From, PageSize }) {
  const from = Number(From ?? (indexes.get(conversation) ?? 0) - 1);
  const date = new Date().toISOString();
  const items = Array.from({ length: Math.min(Number(PageSize), from + 1) }, (_, back) => ({
    index: from - back,
    last_event_id: from - back + 1,
    date_created: date,
    date_updated: date,
    data: item(conversation, from - back, socket.identity, 'x'.repeat(100), date),
  }));
  reply(socket, id, 200, {
    items,
    meta: { previous_token: null, next_token: from + 1 > items.length ? 'next' : null },
  });
}

function answer(socket, { id, http_request: request }, payload) {
  const segments = request.path.split('/');
  if (request.path === '/v4/Subscriptions') return subscribe(socket, id, payload());
  if (segments[2] === 'Lists' || segments[2] === 'Documents') {
    const [conversation = ''] = segments[3].split('.');
    const prefix = segments[2] === 'Lists' ? 'ES' : 'ET';
    return reply(socket, id, 200, { sid: prefix + conversation.slice(2), last_event_id: 0 });
  }
  // Lists are named after their conversation, but for the prefix.
  if (segments[6] === 'Items') return page(socket, id, `CH${segments[5].slice(2)}`, request.params);
  if (segments[5] === 'Messages') return addMessage(socket, id, segments[4], payload().body);
  reply(socket, id, 200, {});
}

server.on('connection', (socket) => {
  socket.identity = '';
  socket.objects = [];
  socket.on('message', (data) => {
    const { header, payload } = decodeFrame(data);
    if (header.method === 'message') answer(socket, header, payload);
    if (header.method === 'init') {
      socket.identity = header.token;
      socket.send(encodeFrame({ method: 'reply', id: header.id, status: ok, capabilities: [] }));
    }
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    for (const sid of socket.objects) subscribers.get(sid)?.delete(socket);
  });
});

server.on('listening', () =>
  answerParent({ url: `ws://127.0.0.1:${server.address().port}` }, async () => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  }),
);
