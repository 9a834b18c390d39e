import type { Domain } from '../conversations/domain.js';
import type { Actor, Fact } from '../facts.js';
import type { Credentials } from '../options.js';
import type { MessageRow, WebhookRow } from '../store/rows.js';
import { type DeliverOptions, deliver } from './deliver.js';
import { createLanes } from './lanes.js';
import { firesWebhooks, type Hook, hooksFor, scopedHook } from './match.js';
import { eventsOf, type PayloadContext, type WebhookEvent } from './payload.js';

export interface WebhooksOptions {
  domain: Domain;
  credentials: Credentials;
  /** Hosts besides loopback that may be called. */
  allowedHosts: readonly string[];
  log: (line: string) => void;
  /** Hears of every delivery when it is over. */
  trace?: (delivery: DeliveryTrace) => void;
  /** How long a webhook may take to answer, in milliseconds. Default 5000. */
  timeoutMs?: number;
}

/** A delivery that is over, without what it held. */
export interface DeliveryTrace {
  /** The event. */
  webhook: string;
  method: string;
  /** Host and path; queries and user names may hold secrets. */
  target: string;
  status?: number;
  failed?: string;
  ms: number;
  /** Bytes of the form. */
  size: number;
}

export interface Webhooks {
  /** Resolves when no delivery is waiting or under way. */
  idle(): Promise<void>;
  /** Forgets the deliveries that wait; those under way go on. */
  clear(): void;
  /** Hears no more facts, forgets what waits, and resolves when the deliveries under way are over. */
  stop(): Promise<void>;
}

/** Rows do not keep who wrote them. Whoever wrote as a participant counts as its SDK, all others as the API. */
function writerOf(domain: Domain, message: MessageRow): Actor {
  const { participantSid } = message;
  const overApi: Actor = { source: 'API', webhooksEnabled: true };
  if (participantSid === null) return overApi;
  // Who has no identity has no SDK.
  if (domain.store.participants.bySid(participantSid)?.identity === null) return overApi;
  return { source: 'SDK', identity: message.author };
}

/** The host and path of a webhook; its query and user name may hold secrets. */
function loggable(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/**
 * Tells webhooks what happened. Each webhook hears the events of one conversation in order; a slow one delays only
 * itself. The store is asked at once, so that an event goes to those who were there when it happened.
 */
export function createWebhooks(options: WebhooksOptions): Webhooks {
  const { domain, credentials, allowedHosts, log, trace, timeoutMs } = options;
  const { store, facts } = domain;
  const deliverOptions: DeliverOptions = {
    authToken: credentials.authToken,
    allowedHosts,
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
  const lanes = createLanes();

  // Facts are heard after commit, when the store may already be ahead of them. Two sets keep a message from being
  // told twice around the moment a webhook is attached: a webhook is told nothing before its own `webhook.added`
  // is heard (earlier messages are for its replay), and nothing live that its replay has already read.
  const unheard = new Set<string>();
  const replayedThrough = new Map<string, number>();

  const context = (): PayloadContext => ({ accountSid: credentials.accountSid, now: domain.clock.now() });

  const tell = async (hook: Hook, event: WebhookEvent): Promise<void> => {
    const where = event.fields.ConversationSid ?? event.fields.UserSid;
    if (hook.kind === 'studio') {
      log(`Studio flows do not run here yet: ${hook.flowSid} was not told of ${event.name} in ${where}`);
      return;
    }
    const startedAt = performance.now();
    const outcome = await deliver({ ...hook, fields: event.fields }, deliverOptions);
    trace?.({
      webhook: event.name,
      method: hook.method,
      target: loggable(hook.url),
      ...('status' in outcome && { status: outcome.status }),
      ...(!outcome.delivered && { failed: outcome.reason }),
      ms: Math.round(performance.now() - startedAt),
      size: new URLSearchParams(event.fields).toString().length,
    });
    if (outcome.delivered) return;
    log(`Webhook ${event.name} of ${where} to ${loggable(hook.url)} failed: ${outcome.reason}`);
  };

  const send = (hook: Hook, event: WebhookEvent): void => {
    const subject = event.fields.ConversationSid ?? event.fields.UserSid;
    lanes.add(`${subject} ${hook.key}`, () => tell(hook, event));
  };

  const replay = (fact: Extract<Fact, { type: 'webhook.added' }>): void => {
    const { conversation, webhook } = fact;
    if (webhook.replayAfter === null) return;
    const paging = { order: 'asc', limit: -1, from: webhook.replayAfter } as const;
    for (const message of store.messages.list(conversation.sid, paging)) {
      replayedThrough.set(webhook.sid, message.index);
      const again: Fact = { type: 'message.added', by: writerOf(domain, message), conversation, message };
      for (const event of eventsOf(again, context())) {
        const hook = scopedHook(webhook, event);
        if (hook) send(hook, event);
      }
    }
  };

  const scopedTo = (fact: Fact): readonly WebhookRow[] => {
    if (fact.type === 'conversation.removed') return fact.webhooks;
    if (!('conversation' in fact)) return [];
    const present = store.webhooks.list(fact.conversation.sid).filter(({ sid }) => !unheard.has(sid));
    if (fact.type !== 'message.added') return present;
    return present.filter(({ sid }) => fact.message.index > (replayedThrough.get(sid) ?? -1));
  };

  const hear = (fact: Fact): void => {
    if (fact.type === 'webhook.added') {
      unheard.delete(fact.webhook.sid);
      replay(fact);
      return;
    }
    if (fact.type === 'typing' || !firesWebhooks(fact.by)) return;
    const hooks = {
      global: store.webhookConfigurations.get('global'),
      service: store.webhookConfigurations.get(domain.serviceSid),
      scoped: scopedTo(fact),
    };
    for (const event of eventsOf(fact, context())) {
      for (const hook of hooksFor(event, hooks)) send(hook, event);
    }
  };

  const stopProjecting = facts.project((fact) => {
    if (fact.type === 'webhook.added') unheard.add(fact.webhook.sid);
  });
  const stopListening = facts.listen(hear);

  return {
    idle: lanes.idle,
    clear: () => void lanes.clear(),
    async stop() {
      stopListening();
      stopProjecting();
      const dropped = lanes.clear();
      if (dropped > 0)
        log(`Webhook deliveries that were still waiting at the end, and were dropped: ${dropped}`);
      await lanes.idle();
    },
  };
}
