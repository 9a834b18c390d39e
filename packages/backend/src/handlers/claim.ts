import type { Admit } from '../admission.js';
import type { Handler, Params } from '../call.js';
import { ServiceError } from '../errors.js';
import { fingerprint } from '../fingerprint.js';
import { type Memberships, withTwilio } from '../memberships.js';
import { countedBefore } from '../prove-user.js';
import { type ProveVisitor, single } from '../prove-visitor.js';
import { type PublicEndpointOptions, publicEndpoint } from './public-endpoint.js';

const CONVERSATION_SID = /^CH[0-9a-f]{32}$/;

/** What the claim handler is made of. */
export interface ClaimHandlerOptions extends PublicEndpointOptions {
  anonymous: ProveVisitor;
  user: ProveVisitor;
  admit: Admit;
  memberships: Memberships;
}

/**
 * `POST /chat-widget/claim`: whoever logs in takes their anonymous conversation along. Both identities are proven; the
 * user takes the anonymous visitor's place, who is out of the conversation from then on.
 */
export function createClaimHandler(options: ClaimHandlerOptions): Handler {
  const { anonymous, user, admit, memberships, log } = options;

  return publicEndpoint(options, 'claim', async (call, body) => {
    const conversationSid = readConversationSid('conversation_sid', body);
    const claimant = await user(call, body);
    const before = await anonymous(countedBefore(call), body);
    await admit(before, call, body);
    await admit(claimant, call, body);

    const claimed = await withTwilio(log, 'claim', async () => {
      const place = await memberships.find(before.identity, conversationSid);
      // Claimed before, by this user: the answer to that call may have been lost.
      if (!place) return (await memberships.find(claimant.identity, conversationSid)) !== undefined;
      if (place.closed) return false;
      return await memberships.replace(conversationSid, claimant.identity, place.participantSid);
    });
    if (!claimed) {
      throw new ServiceError(
        'claim_refused',
        'Only an open conversation that the anonymous visitor is in can be taken along.',
      );
    }

    log.info(
      {
        event: 'claim',
        outcome: 'granted',
        visitor: fingerprint(before.identity),
        user: fingerprint(claimant.identity),
        origin: call.headers.origin,
        from: call.ip,
      },
      'conversation claimed',
    );
    return {
      status: 200,
      headers: {},
      body: { conversation_sid: conversationSid, identity: claimant.identity },
    };
  });
}

/** A conversation's SID in a parameter of the body. */
export function readConversationSid(name: string, body: Params): string {
  const sid = single(name, body);
  if (sid !== undefined && CONVERSATION_SID.test(sid)) return sid;
  throw new ServiceError('bad_request', `The parameter ${name} must be CH and 32 lower-case hex digits.`);
}
