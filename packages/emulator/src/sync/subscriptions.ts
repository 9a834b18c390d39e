import type { Domain } from '../conversations/domain.js';
import { Refusal, refusals } from '../errors.js';
import { given } from '../given.js';
import { isObject, type JsonObject, parseJson } from '../json.js';
import type { SyncObjectRow } from '../store/rows.js';
import type { Reply, Session } from '../upstream.js';
import { requireReadable, stillReadable } from './access.js';
import { changeEvent, changesAfter, eventIdOf } from './events.js';
import type { Subscribers } from './subscribers.js';

/** Notifications that must arrive in order: results and replays. Live events have types of their own. */
const orderedMessageType = 'twilio.sync.event';

const largestBatch = 1000;

export interface SyncLimits {
  /** Seconds after which clients are asked to subscribe anew; after half as many more, who did not hears nothing. */
  subscriptionTtl: number;
  /** Events that one subscription request may have replayed; the client asks again for the rest. */
  replayEvents: number;
  /** Bytes after which a replay stops likewise: much less than a slow reader may leave unread. */
  replayBytes: number;
}

export const syncLimits: SyncLimits = {
  subscriptionTtl: 86_400,
  replayEvents: 1_000,
  replayBytes: 4 * 1024 * 1024,
};

interface SubscriptionRequest {
  sid: string;
  type: string;
  lastEventId: number | null;
}

interface SubscriptionBatch {
  action: 'establish' | 'cancel';
  correlationId: string | number;
  requests: SubscriptionRequest[];
}

/** Answers `POST /v4/Subscriptions`. The work is done after the reply: the SDK's batching depends on that order. */
export function answerSubscriptions(
  domain: Domain,
  subscribers: Subscribers,
  session: Session,
  body: string,
  limits: SyncLimits,
): Reply {
  const batch = readBatch(body);
  return {
    status: 202,
    body: {
      estimated_delivery_in_ms: 10_000,
      max_batch_size: largestBatch,
      ttl_in_s: limits.subscriptionTtl,
    },
    afterwards: () =>
      batch.action === 'cancel'
        ? cancel(subscribers, session, batch)
        : establish(domain, subscribers, session, batch, limits),
  };
}

/** Per object: replay, then subscribe, in one go, so that nothing can happen in between. */
function establish(
  domain: Domain,
  subscribers: Subscribers,
  session: Session,
  { requests, correlationId }: SubscriptionBatch,
  limits: SyncLimits,
): void {
  const until = domain.clock.now() + 1.5 * limits.subscriptionTtl * 1000;
  const established: JsonObject[] = [];
  const failed: JsonObject[] = [];
  let events = limits.replayEvents;
  let bytes = limits.replayBytes;
  for (const { sid, type, lastEventId } of requests) {
    const about = { object_sid: sid, object_type: type };
    const object = readable(domain, session, sid, type);
    if (object instanceof Refusal) {
      const { status, code } = refusals[object.reason];
      failed.push({ ...about, error: { status, code, message: object.message } });
      continue;
    }
    const since = lastEventId ?? missedSince(subscribers, session, object);
    let reached = since;
    // One more than may be told, to know whether there is one.
    const untold = changesAfter(domain.store, sid, since, events + 1).some((change) => {
      if (events === 0 || bytes <= 0) return true;
      const event = JSON.stringify(changeEvent(change, correlationId));
      session.push(orderedMessageType, event);
      reached = eventIdOf(change);
      events -= 1;
      bytes -= event.length;
      return false;
    });
    if (untold) {
      // The client has counted along: it asks again at once, with the id of the last event it got.
      established.push({ ...about, replay_status: 'interrupted', last_event_id: reached });
      continue;
    }
    subscribers.noteUntouched(session, sid, lastEventId === null && object.lastEventId === 0);
    subscribers.add(session, object, {
      until,
      ...given({ may: stillReadable(domain, session.identity, object) }),
    });
    established.push({ ...about, replay_status: 'completed', last_event_id: object.lastEventId });
  }
  if (established.length > 0) pushResult(session, 'subscription_established', correlationId, established);
  if (failed.length > 0) pushResult(session, 'subscription_failed', correlationId, failed);
}

/** For a client that works from its session storage and knows no event id. What it never read, it reads afterwards. */
function missedSince(subscribers: Subscribers, session: Session, object: SyncObjectRow): number {
  if (subscribers.knewUntouched(session, object.sid)) return 0;
  return subscribers.firstRead(session, object.sid) ?? object.lastEventId;
}

function cancel(
  subscribers: Subscribers,
  session: Session,
  { requests, correlationId }: SubscriptionBatch,
): void {
  const canceled = requests.map(({ sid, type }) => {
    subscribers.remove(session, sid);
    subscribers.noteUntouched(session, sid, false);
    return { object_sid: sid, object_type: type };
  });
  if (canceled.length > 0) pushResult(session, 'subscription_canceled', correlationId, canceled);
}

function pushResult(
  session: Session,
  eventType: string,
  correlationId: string | number,
  events: JsonObject[],
): void {
  const payload = {
    event_type: eventType,
    correlation_id: correlationId,
    event_protocol_version: 4,
    events,
  };
  session.push(orderedMessageType, JSON.stringify(payload));
}

function readable(domain: Domain, session: Session, sid: string, type: string): SyncObjectRow | Refusal {
  try {
    if (type !== 'document' && type !== 'list' && type !== 'map') {
      throw new Refusal('not_implemented', `subscriptions to ${type.slice(0, 40)}`);
    }
    const object = requireReadable(domain, session.identity, type, sid);
    // Subscribers are found by SID: a unique name, which the SDK never sends here, would hear nothing.
    if (object.sid !== sid) throw new Refusal('invalid_parameter', 'object_sid is not a SID');
    return object;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

function readBatch(body: string): SubscriptionBatch {
  const batch = parseJson(body);
  if (!isObject(batch)) throw new Refusal('invalid_parameter', 'the body is not a JSON object');
  const { action, correlation_id: correlationId, requests } = batch;
  if (action !== 'establish' && action !== 'cancel') {
    throw new Refusal('invalid_parameter', 'action is establish or cancel');
  }
  if (typeof correlationId !== 'string' && typeof correlationId !== 'number') {
    throw new Refusal('invalid_parameter', 'correlation_id is missing');
  }
  if (!Array.isArray(requests) || requests.length > largestBatch) {
    throw new Refusal('invalid_parameter', `requests is a list of at most ${largestBatch}`);
  }
  const bySid = new Map<string, SubscriptionRequest>();
  for (const request of requests.map(readRequest)) {
    // An object that is named twice is meant once: the first time.
    if (!bySid.has(request.sid)) bySid.set(request.sid, request);
  }
  return { action, correlationId, requests: [...bySid.values()] };
}

function readRequest(request: unknown): SubscriptionRequest {
  if (!isObject(request)) throw new Refusal('invalid_parameter', 'a request is not an object');
  const { object_sid: sid, object_type: type, last_event_id: lastEventId = null } = request;
  if (typeof sid !== 'string' || typeof type !== 'string') {
    throw new Refusal('invalid_parameter', 'a request has no object_sid or object_type');
  }
  if (lastEventId !== null && (typeof lastEventId !== 'number' || !Number.isSafeInteger(lastEventId))) {
    throw new Refusal('invalid_parameter', 'last_event_id is an integer or null');
  }
  return { sid, type, lastEventId };
}
