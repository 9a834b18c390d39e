import { isoDate } from '../clock.js';
import type { Domain } from '../conversations/domain.js';
import { findConversation } from '../conversations/find-conversation.js';
import { requireMessage } from '../conversations/update-message.js';
import { Refusal } from '../errors.js';
import type { JsonObject } from '../json.js';
import type { ConversationRow, DeliveryReceiptRow, MessageRecipient } from '../store/rows.js';
import type { Route, RouteCall } from '../upstream.js';
import { actorOf } from './fields.js';
import { listPage } from './paging.js';

const path = '/Client/v2/Conversations/:conversation';

const presentReceipt = (row: DeliveryReceiptRow): JsonObject => ({
  sid: row.sid,
  message_sid: row.messageSid,
  conversation_sid: row.conversationSid,
  channel_message_sid: row.channelMessageSid,
  participant_sid: row.participantSid,
  status: row.status,
  error_code: row.errorCode,
  date_created: isoDate(row.dateCreated),
  date_updated: isoDate(row.dateUpdated),
});

const presentRecipient = (messageSid: string, recipient: MessageRecipient): JsonObject => ({
  type: recipient.type,
  message_sid: messageSid,
  level: recipient.level,
  name: recipient.name ?? '',
  address: recipient.address,
});

/** What a message has to do with other channels: its receipts, its recipients, and what the channel added to it. */
export function channelsRoutes(domain: Domain): Route[] {
  const { deliveryReceipts, messages } = domain.store;
  const seen = (call: RouteCall): ConversationRow =>
    findConversation(domain, { by: actorOf(call), sidOrUniqueName: call.path.conversation ?? '' });
  return [
    {
      method: 'GET',
      pattern: `${path}/Messages/:message/Receipts`,
      answer(call) {
        const message = requireMessage(domain, seen(call), call.path.message ?? '');
        const body = listPage(call.request.params, {
          key: 'delivery_receipts',
          pageSize: 20,
          page: (stretch) => deliveryReceipts.page(message.sid, stretch),
          present: presentReceipt,
        });
        return { status: 200, body };
      },
    },
    {
      method: 'GET',
      pattern: `${path}/Messages/:message/ChannelMetadata`,
      answer(call) {
        const { channelMetadata } = requireMessage(domain, seen(call), call.path.message ?? '');
        if (!channelMetadata) throw new Refusal('channel_metadata_not_found');
        return { status: 200, body: { ...channelMetadata } };
      },
    },
    {
      method: 'GET',
      pattern: `${path}/MessageRecipients`,
      answer(call) {
        const conversation = seen(call);
        const { params } = call.request;
        if (params.MessageSid !== undefined) {
          const message = requireMessage(domain, conversation, params.MessageSid);
          const recipients = message.recipients.map((one) => presentRecipient(message.sid, one));
          const meta = { previous_token: null, next_token: null };
          return { status: 200, body: { message_recipients: recipients, meta } };
        }
        const body = listPage(params, {
          key: 'message_recipients',
          pageSize: 50,
          page: (stretch) => messages.recipientsPage(conversation.sid, stretch),
          present: ({ messageSid, recipient }) => presentRecipient(messageSid, recipient),
        });
        return { status: 200, body };
      },
    },
  ];
}
