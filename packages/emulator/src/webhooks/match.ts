import type { Actor } from '../facts.js';
import type { WebhookConfigurationRow, WebhookRow } from '../store/rows.js';
import type { WebhookEvent } from './payload.js';

/** A place that an event is told to. `key` names it for as long as it exists: a WH SID, `global`, or a service SID. */
export type Hook =
  | { kind: 'url'; key: string; url: string; method: 'GET' | 'POST' }
  | { kind: 'studio'; key: string; flowSid: string };

export interface ConfiguredHooks {
  global: WebhookConfigurationRow | undefined;
  service: WebhookConfigurationRow | undefined;
  scoped: readonly WebhookRow[];
}

/** SDK writes always fire webhooks; REST writes only on request, so that a bot's answer does not wake the bot. */
export function firesWebhooks(by: Actor): boolean {
  return by.source === 'SDK' || by.webhooksEnabled;
}

function configured(row: WebhookConfigurationRow | undefined, event: WebhookEvent): Hook[] {
  if (!row?.postWebhookUrl || !row.filters?.includes(event.name)) return [];
  return [{ kind: 'url', key: row.scope, url: row.postWebhookUrl, method: row.method ?? 'POST' }];
}

/** The scoped webhook's own answer to an event, whoever caused it: a replay asks it again. */
export function scopedHook(row: WebhookRow, event: WebhookEvent): Hook | undefined {
  switch (row.target) {
    case 'studio': {
      // A flow that lists no filters is told of messages.
      const filters = row.filters.length > 0 ? row.filters : ['onMessageAdded'];
      if (row.flowSid === null || !filters.includes(event.name)) return undefined;
      return { kind: 'studio', key: row.sid, flowSid: row.flowSid };
    }
    case 'trigger': {
      const body = event.fields.Body?.toLowerCase() ?? '';
      const triggered = row.triggers.some((keyword) => body.includes(keyword.toLowerCase()));
      if (row.url === null || event.name !== 'onMessageAdded' || !triggered) return undefined;
      return { kind: 'url', key: row.sid, url: row.url, method: row.method };
    }
    case 'webhook': {
      if (row.url === null || !row.filters.includes(event.name)) return undefined;
      return { kind: 'url', key: row.sid, url: row.url, method: row.method };
    }
  }
}

/** Conversation-scoped webhooks cannot hear of their conversation's own beginning, nor of users. */
const neverScoped: readonly string[] = ['onConversationAdded', 'onUserAdded', 'onUserUpdated'];

/** Who is told of an event: the account, its service, and the webhooks of the one conversation, each on its own. */
export function hooksFor(event: WebhookEvent, hooks: ConfiguredHooks): Hook[] {
  const scoped = neverScoped.includes(event.name) ? [] : hooks.scoped;
  return [
    ...configured(hooks.global, event),
    ...configured(hooks.service, event),
    ...scoped.flatMap((row) => scopedHook(row, event) ?? []),
  ];
}
