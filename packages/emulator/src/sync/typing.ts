import type { Fact } from '../facts.js';
import type { JsonObject } from '../json.js';
import { typingTimeoutSeconds } from '../sync-names.js';

/** What the other participants are told. Receivers wait one second longer than senders repeat themselves. */
export function typingNotice({ conversation, participant }: Extract<Fact, { type: 'typing' }>): {
  messageType: string;
  payload: JsonObject;
} {
  return {
    messageType: 'twilio.ipmsg.typing_indicator',
    payload: {
      channel_sid: conversation.sid,
      identity: participant.identity,
      participant_sid: participant.sid,
      typing_timeout: typingTimeoutSeconds + 1,
    },
  };
}
