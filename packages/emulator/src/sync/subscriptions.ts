import type { Domain } from '../conversations/domain.js';
import { Refusal, refusals } from '../errors.js';
import { isObject, type JsonObject, parseJson } from '../json.js';
import type { SyncObjectRow } from '../store/rows.js';
import type { Reply, Session } from '../upstream.js';
import { requireReadable } from './access.js';
import { changeEvent, changesAfter } from './events.js';
import type { Subscribers } from './subscribers.js';

/** Notifications that must arrive in order: results and replays. Live events have types of their own. */
const orderedMessageType = 'twilio.sync.event';

const largestBatch = 1000;

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
): Reply {
  const batch = readBatch(body);
  return {
    status: 202,
    body: { estimated_delivery_in_ms: 10_000, max_batch_size: largestBatch, ttl_in_s: 86_400 },
    afterwards: () =>
      batch.action === 'cancel'
        ? cancel(subscribers, session, batch)
        : establish(domain, subscribers, session, batch),
  };
}

/** Per object: replay, then subscribe, in one go, so that nothing can happen in between. */
function establish(
  domain: Domain,
  subscribers: Subscribers,
  session: Session,
  { requests, correlationId }: SubscriptionBatch,
): void {
  const established: JsonObject[] = [];
  const failed: JsonObject[] = [];
  for (const { sid, type, lastEventId } of requests) {
    const about = { object_sid: sid, object_type: type };
    const object = readable(domain, session, sid, type);
    if (object instanceof Refusal) {
      const { status, code } = refusals[object.reason];
      failed.push({ ...about, error: { status, code, message: object.message } });
      continue;
    }
    const since = lastEventId ?? subscribers.firstRead(session, sid) ?? object.lastEventId;
    for (const change of changesAfter(domain.store, sid, since)) {
      session.push(orderedMessageType, JSON.stringify(changeEvent(change, correlationId)));
    }
    subscribers.add(session, object);
    established.push({ ...about, replay_status: 'completed', last_event_id: object.lastEventId });
  }
  if (established.length > 0) pushResult(session, 'subscription_established', correlationId, established);
  if (failed.length > 0) pushResult(session, 'subscription_failed', correlationId, failed);
}

function cancel(
  subscribers: Subscribers,
  session: Session,
  { requests, correlationId }: SubscriptionBatch,
): void {
  const canceled = requests.map(({ sid, type }) => {
    subscribers.remove(session, sid);
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
  return { action, correlationId, requests: requests.map(readRequest) };
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
