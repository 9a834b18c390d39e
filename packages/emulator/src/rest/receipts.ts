import { requireMessage } from '../conversations/update-message.js';
import { Refusal } from '../errors.js';
import type { MessageRow } from '../store/rows.js';
import { type Call, fetched, type Reply, type Route } from './call.js';
import { pathConversation } from './find.js';
import { listPage } from './paging.js';
import { presentReceipt } from './present.js';

const pathMessage = (call: Call): MessageRow =>
  requireMessage(call.domain, pathConversation(call), call.param('message'));

function list(call: Call): Reply {
  const { domain, view } = call;
  const { sid } = pathMessage(call);
  return listPage(call, {
    key: 'delivery_receipts',
    maxPageSize: 50,
    page: (stretch) => domain.store.deliveryReceipts.page(sid, stretch),
    present: (row) => presentReceipt(view, row),
  });
}

function fetch(call: Call): Reply {
  const message = pathMessage(call);
  const row = call.domain.store.deliveryReceipts.bySid(call.param('receipt'));
  if (row?.messageSid !== message.sid) throw new Refusal('not_found');
  return fetched(presentReceipt(call.view, row));
}

const path = 'Conversations/:conversation/Messages/:message/Receipts';

export const receiptRoutes: readonly Route[] = [
  { method: 'GET', path, answer: list },
  { method: 'GET', path: `${path}/:receipt`, answer: fetch },
];
