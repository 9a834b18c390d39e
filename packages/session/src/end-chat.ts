import {
  type Connection,
  ConnectionError,
  connectionErrorCode,
  type RemoteConversation,
} from './connection.js';
import { isGone, leaveBehind } from './conversation-finder.js';
import type { SessionClock } from './ports.js';
import { withTimeLimit } from './time-limit.js';
import type { VisitorStore } from './visitor.js';

/** Whoever ends a chat waits for it; what has not been delivered by then stays here as failed. */
const DELIVERY_LIMIT_MS = 3_000;
const LEAVE_LIMIT_MS = 3_000;
/** Another tab may hold the lock for as long as its requests take. */
const LOCK_LIMIT_MS = 3_000;

/** Ends the chat because the visitor wants it so. */
export interface EndChat {
  /** Resolves when the end is stored and the service was told, or could not be told in time. */
  run(): Promise<void>;
  /** There is a link: a conversation that was ended while there was none is left now. */
  linked(connection: Connection): Promise<void>;
}

export function createEndChat(options: {
  clock: SessionClock;
  visitors: VisitorStore;
  /** Calls after each change; returns how to stop. */
  subscribe(listener: () => void): () => void;
  /** Messages are on their way. */
  sending(): boolean;
  /** The conversation, while it can be talked to. */
  remote(): RemoteConversation | null;
  sid(): string | null;
  /** From here on it is over for this page. */
  end(): void;
}): EndChat {
  const { clock, visitors } = options;
  let running: Promise<void> | null = null;

  const delivered = (): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        stop();
        cancel();
        resolve();
      };
      const look = (): void => {
        if (!options.sending() || !options.remote()) done();
      };
      const stop = options.subscribe(look);
      const cancel = clock.after(DELIVERY_LIMIT_MS, done);
      look();
    });

  const leave = async (sid: string, work: () => Promise<void>): Promise<void> => {
    try {
      const late = (): Error => new ConnectionError('unknown_outcome', 'No answer came in time.');
      await withTimeLimit(work(), LEAVE_LIMIT_MS, clock, late);
    } catch (error) {
      // Refused, too: where the token service makes conversations it is the only one, and may be opened again.
      if (!isGone(error) && connectionErrorCode(error) !== 'closed') return;
    }
    await visitors.exclusive(async () => {
      // Whoever is here by now may be somebody else, or nobody.
      if (visitors.read()?.leavingConversationSid !== sid) return;
      visitors.update((visitor) => ({ ...visitor, leavingConversationSid: null }));
    });
  };

  const run = async (): Promise<void> => {
    const sid = options.sid();
    await delivered();
    const remote = options.remote();
    let over = false;
    const end = (): void => {
      // It is this chat that the visitor ends, and not the one of whoever came meanwhile.
      if (over || options.sid() !== sid) return;
      over = true;
      // Before the service is told: its word that this visitor has left must find a chat that is over.
      if (sid !== null) {
        leaveBehind(visitors, sid);
        visitors.update((visitor) => ({ ...visitor, leavingConversationSid: sid }));
      }
      // In the same turn: nothing looks any more for what waits under that conversation.
      options.end();
    };
    const late = (): Error => new Error('Another tab has the lock.');
    if (sid === null) end();
    else
      await withTimeLimit(
        visitors.exclusive(async () => end()),
        LOCK_LIMIT_MS,
        clock,
        late,
      ).catch(end);
    if (over && sid !== null && remote) await leave(sid, remote.leave);
  };

  return {
    run() {
      running ??= run().finally(() => {
        running = null;
      });
      return running;
    },
    async linked(connection) {
      const { leavingConversationSid: sid = null, conversationSid = null } = visitors.read() ?? {};
      if (sid !== null && sid !== conversationSid && !running)
        await leave(sid, async () => (await connection.open(sid)).leave());
    },
  };
}
