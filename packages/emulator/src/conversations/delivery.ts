import { Refusal } from '../errors.js';
import type { Actor } from '../facts.js';
import type {
  DeliveryAggregate,
  DeliveryReceiptRow,
  DeliveryStatus,
  MessageRow,
  ParticipantRow,
} from '../store/rows.js';
import type { Domain } from './domain.js';
import { requireConversation } from './membership.js';

/** Where a receipt may go from where it is: forward only. What has ended stays. */
const following: Readonly<Record<DeliveryStatus, readonly DeliveryStatus[]>> = {
  sent: ['delivered', 'read', 'failed', 'undelivered'],
  delivered: ['read'],
  read: [],
  failed: [],
  undelivered: [],
};

export const deliveryStatuses = Object.keys(following) as DeliveryStatus[];

/** What a status says of the ones before it: what was read was delivered and sent, what failed never left. */
const implied: Readonly<Record<DeliveryStatus, readonly DeliveryStatus[]>> = {
  sent: ['sent'],
  delivered: ['sent', 'delivered'],
  read: ['sent', 'delivered', 'read'],
  failed: ['failed'],
  undelivered: ['sent', 'undelivered'],
};

/** How far a message has come with everybody it is delivered to; null when that is nobody. */
export function aggregateOf(
  receipts: readonly Pick<DeliveryReceiptRow, 'status'>[],
): DeliveryAggregate | null {
  const total = receipts.length;
  if (total === 0) return null;
  const share = (wanted: DeliveryStatus): DeliveryAggregate[DeliveryStatus] => {
    const reached = receipts.filter(({ status }) => implied[status].includes(wanted)).length;
    return reached === 0 ? 'none' : reached === total ? 'all' : 'some';
  };
  return {
    total,
    sent: share('sent'),
    delivered: share('delivered'),
    read: share('read'),
    failed: share('failed'),
    undelivered: share('undelivered'),
  };
}

/** A receipt for each participant of another channel who did not write the message. */
export function receiptsFor(
  domain: Domain,
  message: Pick<MessageRow, 'sid' | 'conversationSid' | 'participantSid' | 'dateCreated'>,
  others: readonly ParticipantRow[],
): DeliveryReceiptRow[] {
  return others
    .filter(({ sid }) => sid !== message.participantSid)
    .map(({ sid }) => ({
      sid: domain.ids.sid('DY'),
      conversationSid: message.conversationSid,
      messageSid: message.sid,
      participantSid: sid,
      channelMessageSid: domain.ids.sid('SM'),
      status: 'sent',
      errorCode: 0,
      dateCreated: message.dateCreated,
      dateUpdated: message.dateCreated,
    }));
}

export interface UpdateDelivery {
  messageSid: string;
  /** Whose receipt; without it, every one that can still get there. */
  participantSid?: string;
  status: DeliveryStatus;
  /** With `failed` and `undelivered` only. */
  errorCode?: number;
}

/** A channel never acts for the account's REST, and its news are always told. */
const channel: Actor = { source: 'API', webhooksEnabled: true };

/** Moves receipts of a message along, and answers those that moved. One that is there already does not. */
export function updateDelivery(domain: Domain, input: UpdateDelivery): DeliveryReceiptRow[] {
  return domain.facts.commit((record) => {
    const { store } = domain;
    const { status, participantSid, errorCode = 0 } = input;
    const before = store.messages.bySid(input.messageSid);
    if (!before) throw new Refusal('message_not_found', input.messageSid);
    const conversation = requireConversation(domain, before.conversationSid);
    if (errorCode !== 0 && status !== 'failed' && status !== 'undelivered') {
      throw new Refusal('invalid_parameter', 'errorCode goes with failed and undelivered only');
    }
    const present = store.deliveryReceipts.ofMessage(before.sid);
    const asked = present.filter(
      (one) => participantSid === undefined || one.participantSid === participantSid,
    );
    if (asked.length === 0) {
      throw new Refusal('invalid_parameter', 'the message has no delivery receipt of such a participant');
    }
    const moving = asked.filter((one) => following[one.status].includes(status));
    const [stuck] = asked.filter((one) => one.status !== status);
    if (moving.length === 0 && stuck) {
      throw new Refusal('invalid_parameter', `a receipt that is ${stuck.status} can not become ${status}`);
    }
    if (moving.length === 0) return [];
    const now = domain.clock.now();
    const receipts = moving.map((one) => ({ ...one, status, errorCode, dateUpdated: now }));
    for (const receipt of receipts) store.deliveryReceipts.update(receipt);
    const message: MessageRow = {
      ...before,
      delivery: aggregateOf(store.deliveryReceipts.ofMessage(before.sid)),
    };
    store.messages.update(message);
    record({ type: 'delivery.updated', by: channel, conversation, message, receipts });
    return receipts;
  });
}
