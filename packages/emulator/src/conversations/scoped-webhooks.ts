import { Refusal } from '../errors.js';
import type { Actor } from '../facts.js';
import type { ConversationRow, WebhookRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { requireConversation } from './membership.js';
import { checkFilters, checkTriggers, checkWebhookUrl } from './webhook-rules.js';

const maxWebhooks = 5;

export interface WebhookSettings {
  url?: string;
  method?: WebhookRow['method'];
  filters?: readonly string[];
  triggers?: readonly string[];
  flowSid?: string;
}

export interface AddWebhook extends WebhookSettings {
  by: Actor;
  conversationSid: string;
  target: WebhookRow['target'];
  /** The index of the first message that is sent again to the new webhook. Without it, it hears of later ones only. */
  replayAfter?: number;
}

export function addWebhook(domain: Domain, input: AddWebhook): WebhookRow {
  return domain.facts.commit((record) => {
    const { store, clock, ids } = domain;
    const conversation = requireConversation(domain, input.conversationSid);
    if (store.webhooks.count(conversation.sid) >= maxWebhooks) throw new Refusal('too_many_webhooks');
    const { replayAfter = null } = input;
    if (replayAfter !== null && replayAfter < 0) {
      throw new Refusal('invalid_parameter', 'Configuration.ReplayAfter is not an index');
    }
    const now = clock.now();
    const webhook = complete({
      sid: ids.sid('WH'),
      conversationSid: conversation.sid,
      target: input.target,
      replayAfter,
      ...settled(input, { url: null, method: 'POST', filters: [], triggers: [], flowSid: null }),
      dateCreated: now,
      dateUpdated: now,
    });
    store.webhooks.insert(webhook);
    record({ type: 'webhook.added', by: input.by, conversation, webhook });
    return webhook;
  });
}

export interface UpdateWebhook extends WebhookSettings {
  conversationSid: string;
  sid: string;
}

/** Changes what is given and leaves the rest. The target stays what it was. */
export function updateWebhook(domain: Domain, input: UpdateWebhook): WebhookRow {
  return domain.store.transaction(() => {
    const conversation = requireConversation(domain, input.conversationSid);
    const before = requireWebhook(domain, conversation, input.sid);
    const changed = { ...before, ...settled(input, before), dateUpdated: domain.clock.now() };
    const webhook = complete(changed);
    domain.store.webhooks.update(webhook);
    return webhook;
  });
}

export function removeWebhook(domain: Domain, input: { conversationSid: string; sid: string }): WebhookRow {
  return domain.store.transaction(() => {
    const conversation = requireConversation(domain, input.conversationSid);
    const webhook = requireWebhook(domain, conversation, input.sid);
    domain.store.webhooks.remove(webhook.sid);
    return webhook;
  });
}

export function requireWebhook(domain: Domain, conversation: ConversationRow, sid: string): WebhookRow {
  const webhook = domain.store.webhooks.bySid(sid);
  if (webhook?.conversationSid !== conversation.sid) throw new Refusal('webhook_not_found', sid);
  return webhook;
}

type Settled = Pick<WebhookRow, 'url' | 'method' | 'filters' | 'triggers' | 'flowSid'>;

function settled(input: WebhookSettings, before: Settled): Settled {
  const { url, method, filters, triggers, flowSid } = input;
  if (flowSid !== undefined && !/^FW[0-9a-f]{32}$/i.test(flowSid)) {
    throw new Refusal('invalid_parameter', 'Configuration.FlowSid is not the SID of a flow');
  }
  return {
    url: url === undefined ? before.url : checkWebhookUrl('Configuration.Url', url),
    method: method ?? before.method,
    filters: filters ? checkFilters('Configuration.Filters', 'scoped', filters) : before.filters,
    triggers: triggers ? checkTriggers(triggers) : before.triggers,
    flowSid: flowSid ?? before.flowSid,
  };
}

/** Each target needs its own setting, without which it could never fire. */
function complete(webhook: WebhookRow): WebhookRow {
  const { target } = webhook;
  const needs = (parameter: string) =>
    new Refusal('invalid_parameter', `Configuration.${parameter} is needed by the target ${target}`);
  if (target === 'studio' && webhook.flowSid === null) throw needs('FlowSid');
  if (target !== 'studio' && webhook.url === null) throw needs('Url');
  if (target === 'trigger' && webhook.triggers.length === 0) throw needs('Triggers');
  return webhook;
}
