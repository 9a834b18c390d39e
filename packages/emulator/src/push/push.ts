import type { Domain } from '../conversations/domain.js';
import type { Fact, Stop } from '../facts.js';
import type { PushRegistrationRow } from '../store/rows.js';

/** A notification that would go to the apps of one identity. */
export interface Push {
  kind: 'new_message' | 'added_to_conversation' | 'removed_from_conversation';
  identity: string;
  conversationSid: string;
  registrations: number;
}

export interface PushOptions {
  domain: Domain;
  /** Never hears what a message says. */
  log: (line: string) => void;
  trace: (push: Push) => void;
}

/** Says which notifications would be sent. None is: there is neither Apple nor Google here. */
export function createPush({ domain, log, trace }: PushOptions): Stop {
  return domain.facts.listen((fact) => {
    for (const push of pushesFor(domain, fact)) {
      const { kind, identity, conversationSid, registrations } = push;
      log(`Push ${kind} of ${conversationSid} would go to ${identity} (registrations: ${registrations})`);
      trace(push);
    }
  });
}

function pushesFor(domain: Domain, fact: Fact): Push[] {
  const { pushRegistrations } = domain.store;
  switch (fact.type) {
    case 'message.added': {
      const { conversation, message } = fact;
      const registered = pushRegistrations
        .ofConversation(conversation.sid)
        .filter(({ identity }) => identity !== message.author);
      return counted('new_message', conversation.sid, registered);
    }
    case 'participant.added':
    case 'participant.removed': {
      const { by, conversation, participant } = fact;
      const { identity } = participant;
      // Who joins or leaves knows it.
      if (identity === null || (by.source === 'SDK' && by.identity === identity)) return [];
      const kind = fact.type === 'participant.added' ? 'added_to_conversation' : 'removed_from_conversation';
      return counted(kind, conversation.sid, pushRegistrations.ofIdentity(identity));
    }
    default:
      return [];
  }
}

/** One push an identity, for those of its registrations that want that kind. */
function counted(
  kind: Push['kind'],
  conversationSid: string,
  registered: readonly PushRegistrationRow[],
): Push[] {
  const counts = new Map<string, number>();
  for (const { identity, messageTypes } of registered) {
    if (!messageTypes.includes(`twilio.conversations.${kind}`)) continue;
    counts.set(identity, (counts.get(identity) ?? 0) + 1);
  }
  return [...counts].map(([identity, registrations]) => ({ kind, identity, conversationSid, registrations }));
}
