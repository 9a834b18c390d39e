import { errorBody, Refusal } from '../errors.js';
import type { Cut, ForcedAnswer, Trouble } from '../trouble/trouble.js';
import { type Reply, refusalReply, type Session, type TunnelledRequest, type Upstream } from '../upstream.js';
import type { ConnectionOptions } from './connection-options.js';
import { forcedMessage } from './statuses.js';

/** What the answer to a request needs of its socket. */
interface AnsweredSocket {
  /** `sent` runs once the reply has left. */
  reply(id: string, result: Reply, sent: (() => void) | undefined): void;
  drop(): void;
  /** From now on nothing leaves. */
  hold(): void;
  /** Lets go now what was written. */
  flush(): void;
  /** Runs what must not throw into a turn that is not its own. */
  guarded(act: () => void): void;
}

/** Answers the requests of one socket at the end of their turn, or cuts it around one that meets a fault. */
export function createAnswer(
  { trouble, upstream, turn, log }: Pick<ConnectionOptions, 'trouble' | 'upstream' | 'turn' | 'log'>,
  { reply, drop, hold, flush, guarded }: AnsweredSocket,
): (id: string, request: TunnelledRequest, by: Session) => void {
  return (id, request, by) => {
    const cut = cutAround(trouble, request, by);
    // The cut is about this request: what came before it in the same turn is answered first, and has left.
    if (cut) {
      turn.finish();
      flush();
    }
    if (cut === 'beforeWrite') {
      drop();
      return;
    }
    // What the write itself pushes is cut off too: the client learns of it from nothing but its replay.
    if (cut === 'afterWrite') hold();
    const settle = (result: Reply): void => {
      if (cut === 'afterWrite') drop();
      else reply(id, result, cut === 'afterReply' ? drop : undefined);
    };
    turn.add({
      alone: request.method === 'DELETE',
      run: () => answerRequest(trouble, upstream, by, request),
      settle: (result) => guarded(() => settle(result)),
      fail(error) {
        log(`A request was not kept: ${error instanceof Error ? error.message : String(error)}`);
        guarded(() => settle(refusalReply(new Refusal('internal'))));
      },
    });
    if (cut) turn.finish();
  };
}

/** Carries a request out, unless a fault answers it first. */
function answerRequest(trouble: Trouble, upstream: Upstream, by: Session, request: TunnelledRequest): Reply {
  const rules = trouble.answers.request;
  const forced = rules.any ? rules.meet({ ...request, identity: () => by.identity }) : undefined;
  return forced ? forcedReply(forced) : upstream(by, request);
}

/** Which cut this request meets, if it is a write. */
function cutAround(trouble: Trouble, request: TunnelledRequest, by: Session): Cut | undefined {
  if (!trouble.cuts.any || !isWrite(request)) return undefined;
  return trouble.cuts.meet({ ...request, identity: () => by.identity });
}

/** They are posted, and store nothing. */
const storeNothing = ['/v4/Subscriptions', '/Client/v2/Typing'];

const isWrite = ({ method, path }: TunnelledRequest): boolean =>
  method !== 'GET' && !storeNothing.includes(path);

/** Without a code of its own it gets Twilio's general one, in the pattern of 20 and the status. */
function forcedReply({ status, code }: ForcedAnswer): Reply {
  return { status, body: { ...errorBody(status, code ?? 20_000 + status, forcedMessage) } };
}
