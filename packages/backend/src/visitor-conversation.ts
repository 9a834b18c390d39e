import { createHash, createHmac } from 'node:crypto';
import { isVisitorName } from './bots/bot.js';
import type { Params } from './call.js';
import type { Config } from './config.js';
import { errorFacts, ServiceError } from './errors.js';
import type { InTurn } from './in-turn.js';
import type { Log } from './log.js';
import { withTwilio } from './memberships.js';
import { single } from './prove-visitor.js';
import type { ProvenVisitor } from './proven-visitor.js';
import type { TwilioClient } from './twilio-client.js';

/**
 * Hardened mode: resolves to the SID of the visitor's open conversation, which is made when there is none. The same
 * call twice, at the same time too, makes one. `body.ended` may name a conversation that the visitor found to be over.
 * `undefined`: this kind of visitor makes conversations itself.
 */
export type ConversationFor = (visitor: ProvenVisitor, body: Params) => Promise<string | undefined>;

/** Separates this hash from every other use of SHA-256; the same in the widget, which makes the names in easy mode. */
const DOMAIN = Buffer.from('twilio-webchat/conv/v1\0', 'ascii');
const NAME_PREFIX = 'w_';
const CONVERSATION_SID = /^CH[0-9a-f]{32}$/i;
/** A page of memberships holds 50; whoever has more than 200 is found by the names. */
const LONGEST_LIST = 200;
const MOST_NAMES = 8;
const HOUR_MS = 3_600_000;
/** Only time frees a name. */
const RETRY_AFTER_S = 300;
const PARTICIPANT_EXISTS = 50433;
const NAME_TAKEN = 50353;
const CLOSED = 50377;

/**
 * What a conversation is called while its visitor is on the way in, and from then on. Whoever finds the first name
 * finishes what another server, or one that crashed, began. Not an attribute: bots read, change and write those back
 * meanwhile.
 */
const JOINING = 'Web chat, visitor is joining';
const JOINED = 'Web chat';

/** What a conversation keeper is made of. */
export interface ConversationKeeperOptions {
  client: TwilioClient;
  config: Pick<Config, 'serviceSid' | 'visitorRoleSid' | 'apiKeySecret'>;
  inTurn: InTurn;
  log: Log;
  /** Milliseconds. */
  now: () => number;
}

/**
 * {@link ConversationFor} by the REST API. Nothing is remembered here: the service's own list says which conversation
 * is open, and a unique name that follows from the visitor makes two servers meet in one.
 *
 * A visitor who left, or was taken out by an agent, is never put back: the next conversation is another one.
 */
export function createConversationKeeper(options: ConversationKeeperOptions): ConversationFor {
  const { client, config, inTurn, log, now } = options;
  const service = client.conversations.v1.services(config.serviceSid);
  const { conversations } = service;

  /** The newest conversation that the visitor is in and that is open, and the newest that is closed. */
  async function look(identity: string): Promise<{ open?: string; closed?: string }> {
    const memberships = await service.participantConversations.list({
      identity,
      pageSize: 50,
      limit: LONGEST_LIST,
    });
    const own = memberships
      .filter(
        ({ conversationUniqueName: name, conversationCreatedBy: creator }) =>
          // One that another visitor made and pulled this one into may pretend to be the shop's.
          name?.startsWith(NAME_PREFIX) && (creator === identity || !isVisitorName(creator ?? '')),
      )
      .sort((a, b) => b.conversationDateCreated.getTime() - a.conversationDateCreated.getTime());
    const open = own.find(({ conversationState }) => conversationState !== 'closed');
    if (open?.conversationFriendlyName === JOINING) await setJoined(open.conversationSid);
    const closed = own.find(({ conversationState }) => conversationState === 'closed');
    return {
      ...(open && { open: open.conversationSid }),
      ...(closed && { closed: closed.conversationSid }),
    };
  }

  async function create(uniqueName: string): Promise<string | 'taken'> {
    try {
      const { sid } = await conversations.create({
        uniqueName,
        friendlyName: JOINING,
        // REST calls fire no webhooks by themselves, and the bot is attached by one.
        xTwilioWebhookEnabled: 'true',
      });
      return sid;
    } catch (error) {
      if (isRefusal(error, NAME_TAKEN, 409)) return 'taken';
      throw error;
    }
  }

  /** False when the conversation is over before the visitor was in. */
  async function join(sid: string, identity: string): Promise<boolean> {
    try {
      await conversations(sid).participants.create({
        identity,
        ...(config.visitorRoleSid === undefined ? {} : { roleSid: config.visitorRoleSid }),
      });
    } catch (error) {
      if (isRefusal(error, CLOSED) || isNotFound(error)) return false;
      // Another server was quicker.
      if (!isRefusal(error, PARTICIPANT_EXISTS, 409)) throw error;
    }
    await setJoined(sid);
    return true;
  }

  async function setJoined(sid: string): Promise<void> {
    await conversations(sid).update({ friendlyName: JOINED });
  }

  async function isInside(sid: string, identity: string): Promise<boolean> {
    try {
      await conversations(sid).participants(identity).fetch();
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  async function findByName(uniqueName: string) {
    try {
      return await conversations(uniqueName).fetch();
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }

  // Agents and other visitors know a logged-in visitor's identity. A name that follows from it alone could have been
  // taken before by somebody who may create conversations, and the visitor would be put into theirs.
  function seedOf({ kind, nameSeed }: ProvenVisitor): Uint8Array {
    return kind === 'user' ? createHmac('sha256', config.apiKeySecret).update(nameSeed).digest() : nameSeed;
  }

  async function ensure(visitor: ProvenVisitor, ended: string | undefined): Promise<string> {
    const { identity } = visitor;
    const seed = seedOf(visitor);
    const { open, closed } = await look(identity);
    if (open !== undefined) return open;
    // From here on the visitor is in no open conversation. What the browser says of the last one only shortens the
    // way to a free name: it could as well leave one conversation after the other.
    let over = closed ?? ended;
    for (let attempt = 1; attempt <= MOST_NAMES; attempt += 1) {
      // Whoever left more conversations than names are tried gets one an hour, and not one with every call.
      const hour = attempt < MOST_NAMES ? undefined : Math.floor(now() / HOUR_MS);
      const uniqueName = conversationName(seed, over, hour);
      const made = await create(uniqueName);
      if (made !== 'taken') {
        if (await join(made, identity)) return made;
        over = made;
        continue;
      }
      const there = await findByName(uniqueName);
      // Deleted between the two calls: the name is free again.
      if (there === null) continue;
      if (there.state !== 'closed') {
        const usable =
          there.friendlyName === JOINING
            ? await join(there.sid, identity)
            : await isInside(there.sid, identity);
        if (usable) return there.sid;
      }
      over = there.sid;
    }
    log.warn({ event: 'conversation', outcome: 'no_name' }, `none of ${MOST_NAMES} names was free`);
    throw new ServiceError('twilio_unavailable', 'No conversation can be made for this visitor now.', {
      retryAfter: RETRY_AFTER_S,
    });
  }

  return async (visitor, body) => {
    const ended = readEnded(body);
    // The original's clients make their conversation themselves and would never look at this one.
    if (visitor.kind === 'legacy') return undefined;
    return await withTwilio(log, 'conversation', () =>
      inTurn(`conversation of ${visitor.identity}`, () => ensure(visitor, ended)),
    );
  };
}

/**
 * The unique name of the conversation that follows on `over`, or of a visitor's first. It is the one that the widget
 * gives in easy mode, so that a change to hardened mode finds the same conversation.
 */
export function conversationName(nameSeed: Uint8Array, over?: string, hour?: number): string {
  const hash = createHash('sha256').update(DOMAIN).update(nameSeed);
  if (over !== undefined) hash.update('\0').update(over);
  if (hour !== undefined) hash.update('\0').update(String(hour));
  return NAME_PREFIX + hash.digest('base64url').slice(0, 22);
}

function readEnded(body: Params): string | undefined {
  const ended = single('ended', body);
  if (ended === undefined || CONVERSATION_SID.test(ended)) return ended;
  throw new ServiceError('bad_request', 'The parameter ended must be the SID of a conversation, CH….');
}

function isRefusal(error: unknown, code: number, status?: number): boolean {
  const facts = errorFacts(error);
  return facts.code === code || (status !== undefined && facts.status === status);
}

function isNotFound(error: unknown): boolean {
  return errorFacts(error).status === 404;
}
