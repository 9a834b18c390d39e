import { createHmac } from 'node:crypto';
import { isVisitorName } from './bots/bot.js';
import type { Params } from './call.js';
import type { Config } from './config.js';
import { broughtName, conversationName, isChatName } from './conversation-names.js';
import { errorFacts, ServiceError } from './errors.js';
import type { InTurn } from './in-turn.js';
import type { Log } from './log.js';
import { withTwilio } from './memberships.js';
import { single } from './prove-visitor.js';
import type { ProvenVisitor } from './proven-visitor.js';
import type { TwilioClient } from './twilio-client.js';

/**
 * Hardened mode: resolves to the SID of the visitor's open conversation, else of the newest one that is closed. Another
 * is made for who has none, and for who names in `body.ended` the one that they leave behind because it is over. The
 * same call twice, at the same time too, makes one. `undefined`: this kind of visitor makes conversations itself.
 */
export type ConversationFor = (visitor: ProvenVisitor, body: Params) => Promise<string | undefined>;

const CONVERSATION_SID = /^CH[0-9a-f]{32}$/i;
/** Twilio lets nobody be in more open conversations than this. */
const LONGEST_LIST = 1000;
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

/** Bots speak first; what a visitor says is among these. */
const FIRST_MESSAGES = 100;

/** A conversation that the visitor is in, and that is theirs. */
interface OwnConversation {
  sid: string;
  name: string;
  /** Brought along from another identity. */
  brought: boolean;
  /** Milliseconds, in whole seconds. */
  created: number;
  closed: boolean;
  joining: boolean;
}

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

  /** The visitor's own conversations, of those that they are in. */
  async function ownOf(identity: string): Promise<OwnConversation[]> {
    const memberships = await service.participantConversations.list({
      identity,
      pageSize: 50,
      limit: LONGEST_LIST,
    });
    return memberships.flatMap((each) => {
      const { conversationSid: sid, conversationUniqueName: name, conversationCreatedBy: creator } = each;
      const brought = name === broughtName(config.apiKeySecret, sid, identity);
      // One that another visitor made and pulled this one into may pretend to be the shop's.
      const made = isChatName(name) && (creator === identity || !isVisitorName(creator ?? ''));
      if (!brought && !made) return [];
      return {
        sid,
        name,
        brought,
        created: each.conversationDateCreated.getTime(),
        closed: each.conversationState === 'closed',
        joining: each.conversationFriendlyName === JOINING,
      };
    });
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

  /** The mark of a server that died outlives the visitor, who may have been let in and taken out since. */
  async function wasInside(sid: string, identity: string): Promise<boolean> {
    const messages = await conversations(sid).messages.list({ pageSize: 100, limit: FIRST_MESSAGES });
    return messages.some(({ author }) => author === identity);
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
    const own = await ownOf(identity);
    const open = newestOf(
      own.filter(({ closed }) => !closed),
      seed,
    );
    if (open) {
      if (open.joining) await setJoined(open.sid);
      return open.sid;
    }
    // To begin anew is for the visitor to decide: until then they see the one that is over.
    if (ended === undefined) {
      const last = newestOf(own, seed);
      if (last) return last.sid;
    }
    // Of what the browser says is over, the one after it is given: a lie leads to another conversation of its own.
    let over = ended;
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
      // One that is closed as well is shown as such: this call came late.
      if (await isInside(there.sid, identity)) return there.sid;
      const unfinished = there.state !== 'closed' && there.friendlyName === JOINING;
      if (unfinished && !(await wasInside(there.sid, identity)) && (await join(there.sid, identity))) {
        return there.sid;
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

/** Dates of the REST API have whole seconds; where one follows on another, its name shows that. */
function newestOf(own: readonly OwnConversation[], seed: Uint8Array): OwnConversation | undefined {
  const names = new Set(own.map(({ name }) => name));
  const last = own.filter(({ sid }) => !names.has(conversationName(seed, sid)));
  // Who brings one along had it on the screen a moment ago.
  return last.sort(
    (a, b) =>
      Number(b.brought && !b.closed) - Number(a.brought && !a.closed) ||
      b.created - a.created ||
      (a.sid < b.sid ? -1 : 1),
  )[0];
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
