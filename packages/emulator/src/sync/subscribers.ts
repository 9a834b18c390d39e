import type { SyncObjectRow } from '../store/rows.js';
import type { Session } from '../upstream.js';

export interface Lasting {
  /** A moment of the clock, after which the session hears nothing unless it was added again. */
  until: number;
  /** Asked before each push, for access that may end without a fact that tells of it. */
  may?: () => boolean;
}

/** Who hears of which object, and what each session has read: all of it ends with its socket. */
export interface Subscribers {
  /** From now on, the session hears of the object as long as `lasts` says. */
  add(session: Session, object: Pick<SyncObjectRow, 'sid'>, lasts: Lasting): void;
  remove(session: Session, sid: string): void;
  /** Takes an identity off an object it may no longer read, without a word. */
  removeIdentity(identity: string, sid: string): void;
  removeObject(sid: string): void;
  forget(session: Session): void;
  of(sid: string, now: number): Session[];
  /**
   * Notes that a session read items of an object. A client that works from its session storage subscribes without
   * an event id; what changed since its first read is what it may have missed.
   */
  noteRead(session: Session, object: Pick<SyncObjectRow, 'sid' | 'lastEventId'>): void;
  firstRead(session: Session, sid: string): number | undefined;
  /**
   * Notes whether a client without an event id has subscribed to an object that nothing has happened to. The SDK takes
   * an id of 0 for none, so it will ask without one again after a reconnect: what it missed then is everything.
   */
  noteUntouched(session: Session, sid: string, untouched: boolean): void;
  knewUntouched(session: Session, sid: string): boolean;
  /** How many of these are remembered. */
  readonly untouchedObjects: number;
}

/** How many untouched objects are remembered, of all clients; of more, those of the clients heard of longest ago go. */
const rememberedObjects = 50_000;

export function createSubscribers(remembered: number = rememberedObjects): Subscribers {
  const byObject = new Map<string, Map<Session, Lasting>>();
  const bySession = new Map<Session, Set<string>>();
  const reads = new WeakMap<Session, Map<string, number>>();
  const untouched = new Map<string, Set<string>>();
  let untouchedObjects = 0;
  const gone = new WeakSet<Session>();

  const remove = (session: Session, sid: string): void => {
    bySession.get(session)?.delete(sid);
    const sessions = byObject.get(sid);
    sessions?.delete(session);
    if (sessions?.size === 0) byObject.delete(sid);
  };

  return {
    add(session, { sid }, lasts) {
      // A socket may be dropped by the very replay that precedes its subscription.
      if (gone.has(session)) return;
      const sessions = byObject.get(sid) ?? new Map<Session, Lasting>();
      byObject.set(sid, sessions.set(session, lasts));
      const objects = bySession.get(session) ?? new Set<string>();
      bySession.set(session, objects.add(sid));
    },
    remove,
    removeIdentity(identity, sid) {
      for (const session of [...(byObject.get(sid)?.keys() ?? [])]) {
        if (session.identity === identity) remove(session, sid);
      }
    },
    removeObject(sid) {
      for (const session of [...(byObject.get(sid)?.keys() ?? [])]) remove(session, sid);
    },
    forget(session) {
      gone.add(session);
      for (const sid of [...(bySession.get(session) ?? [])]) remove(session, sid);
      bySession.delete(session);
    },
    of(sid, now) {
      const hearing: Session[] = [];
      for (const [session, { until, may }] of byObject.get(sid) ?? []) {
        if (until > now && (may === undefined || may())) hearing.push(session);
        else remove(session, sid);
      }
      return hearing;
    },
    noteRead(session, { sid, lastEventId }) {
      const seen = reads.get(session) ?? new Map<string, number>();
      reads.set(session, seen);
      if (!seen.has(sid)) seen.set(sid, lastEventId);
    },
    firstRead: (session, sid) => reads.get(session)?.get(sid),
    noteUntouched({ continuation }, sid, is) {
      const known = untouched.get(continuation) ?? new Set<string>();
      if (known.delete(sid)) untouchedObjects -= 1;
      // Moved to the end, where the youngest are.
      untouched.delete(continuation);
      if (is) {
        known.add(sid);
        untouchedObjects += 1;
      }
      if (known.size > 0) untouched.set(continuation, known);
      for (const [oldest, objects] of untouched) {
        if (untouchedObjects <= remembered) return;
        untouched.delete(oldest);
        untouchedObjects -= objects.size;
      }
    },
    get untouchedObjects() {
      return untouchedObjects;
    },
    knewUntouched: ({ continuation }, sid) => untouched.get(continuation)?.has(sid) ?? false,
  };
}
