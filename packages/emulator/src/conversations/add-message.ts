import { Refusal } from '../errors.js';
import type { Actor } from '../facts.js';
import type { ConversationRow, MessageRow } from '../store/rows.js';
import { requireUploads, summarise } from './attachments.js';
import { aggregateOf, receiptsFor } from './delivery.js';
import type { Domain } from './domain.js';
import { checkAttributes, checkBody, checkIdentity, checkSubject } from './limits.js';
import { requireConversation, requireOpen } from './membership.js';
import { contentOf, renderedMedia } from './message-content.js';
import { recipientsOf } from './message-recipients.js';
import { participantNamed } from './messaging-binding.js';
import { standingIn } from './standing.js';
import { awakened } from './state.js';

export interface AddMessage {
  by: Actor;
  conversationSid: string;
  /** For the API only: an SDK actor is always the author of what it sends. Default `system`. */
  author?: string;
  body?: string | null;
  subject?: string | null;
  attributes?: string;
  /** Uploads to attach, in this order. */
  mediaSids?: readonly string[];
  /** A content template in place of a body. */
  contentSid?: string;
  /** JSON. */
  contentVariables?: string;
}

/** The one way to add a message, whoever adds it. */
export function addMessage(domain: Domain, input: AddMessage): MessageRow {
  return domain.facts.commit((record) => {
    const { store } = domain;
    const before = requireConversation(domain, input.conversationSid);
    const actor = standingIn(domain, input.by, before);
    actor.require('sendMessage');
    requireOpen(before);
    const author = input.by.source === 'SDK' ? input.by.identity : checkIdentity(input.author ?? 'system');
    const participant = actor.member ?? participantNamed(domain, before.sid, author);
    const others = store.participants.withoutIdentity(before.sid);
    const content = contentOf(domain, input);
    const body = content?.body ?? input.body ?? null;
    const uploads = requireUploads(domain, input.by, input.mediaSids ?? []);
    if (uploads.length > 0) actor.require('sendMediaMessage');
    if (body === null && uploads.length === 0 && input.by.source === 'API') {
      throw new Refusal('invalid_parameter', 'a message needs a Body or a MediaSid');
    }
    const now = domain.clock.now();
    const message: MessageRow = {
      sid: domain.ids.sid('IM'),
      conversationSid: before.sid,
      index: before.nextMessageIndex,
      author,
      participantSid: participant?.sid ?? null,
      body: body === null && uploads.length > 0 ? null : checkBody(body ?? ''),
      subject: checkSubject(input.subject ?? null),
      attributes: checkAttributes(input.attributes ?? ''),
      medias: uploads.map(summarise),
      contentSid: input.contentSid || null,
      contentVariables: input.contentVariables || null,
      channelMetadata: null,
      delivery: null,
      recipients: recipientsOf(author, participant?.sid ?? null, others),
      lastUpdatedBy: null,
      dateCreated: now,
      dateUpdated: now,
    };
    const rendered = content && renderedMedia(domain, message, content);
    if (rendered) message.medias.push(summarise(rendered));
    const receipts = receiptsFor(domain, message, others);
    message.delivery = aggregateOf(receipts);
    const conversation: ConversationRow = {
      ...awakened(domain, record, input.by, before),
      nextMessageIndex: before.nextMessageIndex + 1,
      lastMessageIndex: message.index,
      lastMessageTimestamp: now,
    };
    store.conversations.update(conversation);
    store.messages.insert(message);
    for (const receipt of receipts) store.deliveryReceipts.insert(receipt);
    if (rendered) store.media.insert(rendered);
    for (const upload of uploads) {
      store.media.update({
        ...upload,
        conversationSid: before.sid,
        messageSid: message.sid,
        dateUpdated: now,
      });
    }
    record({ type: 'message.added', by: input.by, conversation, message });
    return message;
  });
}
