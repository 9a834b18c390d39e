import type { Admit, RefuseBanned } from '../admission.js';
import type { Handler, Params } from '../call.js';
import type { Config } from '../config.js';
import { ServiceError } from '../errors.js';
import { fingerprint } from '../fingerprint.js';
import type { InTurn } from '../in-turn.js';
import { isLegacyIdentity } from '../legacy-visitor.js';
import { type Memberships, withTwilio } from '../memberships.js';
import { type ProveVisitor, single } from '../prove-visitor.js';
import type { TwilioClient } from '../twilio-client.js';
import { readAttributes } from '../webhook-events.js';
import { readConversationSid } from './claim.js';
import { type PublicEndpointOptions, publicEndpoint } from './public-endpoint.js';

/** What the migrate handler is made of. */
export interface MigrateHandlerOptions extends PublicEndpointOptions {
  config: PublicEndpointOptions['config'] & Pick<Config, 'legacyUntil' | 'serviceSid'>;
  anonymous: ProveVisitor;
  admit: Admit;
  refuseBanned: RefuseBanned;
  memberships: Memberships;
  client: TwilioClient;
  inTurn: InTurn;
}

/**
 * `POST /chat-widget/migrate`, until `LEGACY_UNTIL`: a visitor of the original brings their conversation along to an
 * identity that they can prove. Their old one proves nothing; that they know the conversation which it created is what
 * there is, and agents and logs know that, too. So a User moves once, to one identity, and nobody gets a token for it.
 */
export function createMigrateHandler(options: MigrateHandlerOptions): Handler {
  const { config, anonymous, admit, refuseBanned, memberships, client, inTurn, log, now } = options;
  const { users } = client.conversations.v1.services(config.serviceSid);

  /** False when the User moved to somebody else. */
  async function mark(user: string, identity: string): Promise<boolean> {
    const { attributes } = await users(user).fetch();
    const before = readAttributes(attributes);
    if (before.migratedTo !== undefined) return before.migratedTo === identity;
    await users(user).update({ attributes: JSON.stringify({ ...before, migratedTo: identity }) });
    return true;
  }

  async function bringAlong(legacy: string, identity: string, conversationSid: string): Promise<boolean> {
    const place = await memberships.find(legacy, conversationSid);
    if (place) {
      if (place.closed || place.conversationCreatedBy !== legacy) return false;
      // Marked first: whoever comes second is refused even if this is interrupted here, and who came first is not.
      if (!(await mark(place.userSid ?? legacy, identity))) return false;
      return await memberships.replace(conversationSid, identity, place.participantSid);
    }
    // Brought along before: the answer to that call may have been lost.
    const own = await memberships.find(identity, conversationSid);
    return own !== undefined && own.conversationCreatedBy === legacy;
  }

  return publicEndpoint(options, 'migrate', async (call, body) => {
    if (config.legacyUntil === undefined || now() >= config.legacyUntil * 1000) {
      throw refused('Conversations of the original cannot be brought along (any more): see LEGACY_UNTIL.');
    }
    const legacy = readLegacyIdentity(body);
    const conversationSid = readConversationSid('legacy_conversation_sid', body);
    const visitor = await anonymous(call, body);
    await refuseBanned({ identity: legacy, kind: 'legacy' });
    await admit(visitor, call, body);

    const { identity } = visitor;
    const moved = await withTwilio(log, 'migrate', () =>
      inTurn(`migrate ${legacy}`, () => bringAlong(legacy, identity, conversationSid)),
    );
    if (!moved) {
      throw refused(
        'Only an open conversation that the old identity created and is in can be brought along, once.',
      );
    }
    log.info(
      {
        event: 'migrate',
        outcome: 'granted',
        visitor: fingerprint(identity),
        legacy: fingerprint(legacy),
        origin: call.headers.origin,
        from: call.ip,
      },
      'conversation of the original brought along',
    );
    return { status: 200, headers: {}, body: { conversation_sid: conversationSid, identity } };
  });
}

function readLegacyIdentity(body: Params): string {
  const identity = single('legacy_identity', body);
  if (identity !== undefined && isLegacyIdentity(identity)) return identity;
  throw new ServiceError(
    'bad_request',
    'The parameter legacy_identity must be a lower-case UUID of version 4.',
  );
}

function refused(why: string): ServiceError {
  return new ServiceError('migration_refused', why);
}
