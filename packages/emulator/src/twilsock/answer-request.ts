import { errorBody } from '../errors.js';
import type { Cut, ForcedAnswer, Trouble } from '../trouble/trouble.js';
import type { Reply, Session, TunnelledRequest, Upstream } from '../upstream.js';
import { forcedMessage } from './statuses.js';

/** Carries a request out, unless a fault answers it first. */
export function answerRequest(
  trouble: Trouble,
  upstream: Upstream,
  by: Session,
  request: TunnelledRequest,
): Reply {
  const rules = trouble.answers.request;
  const forced = rules.any ? rules.meet({ ...request, identity: () => by.identity }) : undefined;
  return forced ? forcedReply(forced) : upstream(by, request);
}

/** Which cut this request meets, if it is a write. */
export function cutAround(trouble: Trouble, request: TunnelledRequest, by: Session): Cut | undefined {
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
