import type { Domain } from '../conversations/domain.js';
import type { Fact, Stop } from '../facts.js';
import type { SyncObjectRow, UserRow } from '../store/rows.js';
import { syncNames } from '../sync-names.js';
import type { Route, RouteCall, Session } from '../upstream.js';
import { requireReadable } from './access.js';
import { presentDescriptor } from './descriptors.js';
import { changeEvent } from './events.js';
import { queryItems } from './items.js';
import type { SyncChange } from './objects.js';
import { projectFact } from './project.js';
import { createSubscribers } from './subscribers.js';
import { answerSubscriptions, type SyncLimits, syncLimits } from './subscriptions.js';
import { typingNotice } from './typing.js';

export interface Sync {
  routes: readonly Route[];
  /**
   * Begins a session. SDKs with a session storage read their list of conversations over the client API and no items
   * of the map, so that what comes into the map from here on is what they may miss.
   */
  begin(session: Session, user: UserRow): void;
  /** Ends all subscriptions of a session whose socket is gone. */
  forget(session: Session): void;
  stop: Stop;
}

const collections = { Documents: 'document', Lists: 'list', Maps: 'map' } as const;
type Collection = keyof typeof collections;

/** Keeps the Sync objects in step with the facts, serves them, and pushes their changes. */
export function createSync(
  domain: Domain,
  sessionsOf: (identity: string) => Iterable<Session>,
  limits: SyncLimits = syncLimits,
): Sync {
  const subscribers = createSubscribers();
  const projected = new WeakMap<Fact, SyncChange[]>();

  const stopProjecting = domain.facts.project((fact) => {
    projected.set(fact, projectFact(domain, fact));
  });
  const stopListening = domain.facts.listen((fact) => {
    if (fact.type === 'participant.removed' && fact.participant.identity !== null) {
      // Before the push: who has left is not told what goes on without it.
      for (const name of conversationObjects(fact.conversation)) {
        const object = domain.store.syncObjects.byUniqueName(name);
        if (object) subscribers.removeIdentity(fact.participant.identity, object.sid);
      }
    }
    for (const change of projected.get(fact) ?? []) {
      const { object } = change;
      const event = JSON.stringify(changeEvent(change, null));
      for (const session of subscribers.of(object.sid, domain.clock.now())) {
        session.push(`com.twilio.rtd.cds.${object.type}`, event);
      }
      if (change.type === 'removed') subscribers.removeObject(object.sid);
    }
    if (fact.type === 'typing') {
      const { messageType, payload } = typingNotice(fact);
      const notice = JSON.stringify(payload);
      for (const { identity } of domain.store.participants.list(fact.conversation.sid)) {
        if (identity === null || identity === fact.participant.identity) continue;
        for (const session of sessionsOf(identity)) session.push(messageType, notice);
      }
    }
  });

  const find = (name: Collection, { session, path }: RouteCall): SyncObjectRow =>
    requireReadable(domain, session.identity, collections[name], path.object ?? '');

  const descriptor = (name: Collection): Route => ({
    method: 'GET',
    pattern: `/v3/${name}/:object`,
    answer(call) {
      const object = find(name, call);
      const withItems = name === 'Maps' && call.request.params.Include === 'items';
      if (withItems) subscribers.noteRead(call.session, object);
      return { status: 200, body: presentDescriptor(domain, object, withItems) };
    },
  });
  const items = (name: Exclude<Collection, 'Documents'>): Route => ({
    method: 'GET',
    pattern: `/v3/Services/:service/${name}/:object/Items`,
    answer(call) {
      const object = find(name, call);
      subscribers.noteRead(call.session, object);
      return { status: 200, body: queryItems(domain.store, object, call.request.params) };
    },
  });

  return {
    routes: [
      descriptor('Documents'),
      descriptor('Lists'),
      descriptor('Maps'),
      items('Lists'),
      items('Maps'),
      {
        method: 'POST',
        pattern: '/v4/Subscriptions',
        answer: ({ session, request }) =>
          answerSubscriptions(domain, subscribers, session, request.body, limits),
      },
    ],
    begin(session, user) {
      const own = domain.store.syncObjects.byUniqueName(syncNames.myConversations(user));
      if (own) subscribers.noteRead(session, own);
    },
    forget: subscribers.forget,
    stop() {
      stopListening();
      stopProjecting();
    },
  };
}

function conversationObjects(conversation: { sid: string }): string[] {
  return [
    syncNames.conversation(conversation),
    syncNames.messages(conversation),
    syncNames.roster(conversation),
  ];
}
