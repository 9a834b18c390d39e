import type { SyncObjectRow } from '../store/rows.js';
import type { Session } from '../upstream.js';

/** Who hears of which object, and what each session has read: all of it ends with its socket. */
export interface Subscribers {
  add(session: Session, object: Pick<SyncObjectRow, 'sid'>): void;
  remove(session: Session, sid: string): void;
  /** Takes an identity off an object it may no longer read, without a word. */
  removeIdentity(identity: string, sid: string): void;
  removeObject(sid: string): void;
  forget(session: Session): void;
  of(sid: string): Iterable<Session>;
  /**
   * Notes that a session read items of an object. A client that works from its session storage subscribes without
   * an event id; what changed since its first read is what it may have missed.
   */
  noteRead(session: Session, object: Pick<SyncObjectRow, 'sid' | 'lastEventId'>): void;
  firstRead(session: Session, sid: string): number | undefined;
}

export function createSubscribers(): Subscribers {
  const byObject = new Map<string, Set<Session>>();
  const reads = new WeakMap<Session, Map<string, number>>();
  const gone = new WeakSet<Session>();

  const remove = (session: Session, sid: string): void => {
    const sessions = byObject.get(sid);
    sessions?.delete(session);
    if (sessions?.size === 0) byObject.delete(sid);
  };

  return {
    add(session, { sid }) {
      // A socket may be dropped by the very replay that precedes its subscription.
      if (gone.has(session)) return;
      const sessions = byObject.get(sid);
      if (sessions) sessions.add(session);
      else byObject.set(sid, new Set([session]));
    },
    remove,
    removeIdentity(identity, sid) {
      for (const session of byObject.get(sid) ?? []) {
        if (session.identity === identity) remove(session, sid);
      }
    },
    removeObject: (sid) => void byObject.delete(sid),
    forget(session) {
      gone.add(session);
      for (const sid of [...byObject.keys()]) remove(session, sid);
    },
    of: (sid) => byObject.get(sid) ?? [],
    noteRead(session, { sid, lastEventId }) {
      const seen = reads.get(session) ?? new Map<string, number>();
      reads.set(session, seen);
      if (!seen.has(sid)) seen.set(sid, lastEventId);
    },
    firstRead: (session, sid) => reads.get(session)?.get(sid),
  };
}
