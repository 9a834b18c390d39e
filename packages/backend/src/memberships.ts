import type { Config } from './config.js';
import { broughtName, mayBeRenamed } from './conversation-names.js';
import { errorFacts, ServiceError } from './errors.js';
import type { Log } from './log.js';
import type { TwilioClient } from './twilio-client.js';

/** Twilio lets nobody be in more open conversations than this. */
const LONGEST_LIST = 1000;
const CLOSED = 50377;
const RETRY_AFTER_SECONDS = 2;

/** Somebody's place in a conversation. */
export interface Membership {
  participantSid: string;
  userSid: string | null;
  conversationCreatedBy: string;
  closed: boolean;
}

/** Who is in which conversation, by the REST API. */
export interface Memberships {
  /** Somebody's place in one conversation; `undefined` when they are not in it, or there is no such conversation. */
  find(identity: string, conversationSid: string): Promise<Membership | undefined>;
  /**
   * Lets `coming` in, notes in the conversation's name that it is theirs, and then lets the participant `leavingSid`
   * out: in this order, so that a visitor is inside whenever it is interrupted, and all is done once only one is. Doing it again, at the same time too, finishes it. False when the conversation is over.
   */
  replace(conversationSid: string, coming: string, leavingSid: string): Promise<boolean>;
}

/** {@link Memberships} of the configured service. Its failures are Twilio's. */
export function createMemberships(
  client: TwilioClient,
  config: Pick<Config, 'serviceSid' | 'visitorRoleSid' | 'apiKeySecret'>,
): Memberships {
  const service = client.conversations.v1.services(config.serviceSid);

  // Asked from the side of the visitor, so that an answer never depends on conversations of others.
  async function find(identity: string, conversationSid: string): Promise<Membership | undefined> {
    const all = await service.participantConversations.list({ identity, pageSize: 50, limit: LONGEST_LIST });
    const found = all.find((each) => each.conversationSid === conversationSid);
    return (
      found && {
        participantSid: found.participantSid,
        userSid: found.participantUserSid,
        conversationCreatedBy: found.conversationCreatedBy,
        closed: found.conversationState === 'closed',
      }
    );
  }

  async function letIn(identity: string, conversationSid: string): Promise<boolean> {
    try {
      await service.conversations(conversationSid).participants.create({
        identity,
        ...(config.visitorRoleSid !== undefined && { roleSid: config.visitorRoleSid }),
      });
      return true;
    } catch (error) {
      const { status, code } = errorFacts(error);
      if (code === CLOSED || status === 404) return false;
      // Already inside, most likely. Nobody is let out on a likelihood.
      if (status === 409 && (await find(identity, conversationSid))) return true;
      throw error;
    }
  }

  // Who made it says nothing any more, and hardened mode goes by that.
  async function noteOwner(identity: string, conversationSid: string): Promise<void> {
    const conversation = service.conversations(conversationSid);
    const { uniqueName: before } = await conversation.fetch();
    const uniqueName = broughtName(config.apiKeySecret, conversationSid, identity);
    if (before === uniqueName || !mayBeRenamed(before)) return;
    try {
      await conversation.update({ uniqueName });
    } catch (error) {
      // Closed this moment: then it is nobody's to go on with.
      if (errorFacts(error).code !== CLOSED) throw error;
    }
  }

  return {
    find,
    async replace(conversationSid, coming, leavingSid) {
      if (!(await letIn(coming, conversationSid))) return false;
      await noteOwner(coming, conversationSid);
      try {
        await service.conversations(conversationSid).participants(leavingSid).remove();
      } catch (error) {
        // The same call at the same time was quicker.
        if (errorFacts(error).status !== 404) throw error;
      }
      return true;
    },
  };
}

/** Does what needs Twilio; its failures become one refusal, and a line in the log without the addresses in them. */
export async function withTwilio<T>(log: Log, event: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    // The message names the address, and with it an identity.
    const { message: _message, ...facts } = errorFacts(error);
    log.error(
      { event, outcome: 'twilio_unavailable', ...facts },
      `${event}: Twilio refused or did not answer`,
    );
    throw new ServiceError('twilio_unavailable', 'Twilio refused or did not answer. Try again.', {
      retryAfter: RETRY_AFTER_SECONDS,
    });
  }
}
