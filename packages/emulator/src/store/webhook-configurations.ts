import type { Database } from './database.js';
import type { WebhookConfigurationRow } from './rows.js';
import { createTable, oneOf, optional, text, textList } from './table.js';

export interface WebhookConfigurations {
  get(scope: string): WebhookConfigurationRow | undefined;
  put(row: WebhookConfigurationRow): void;
}

export function createWebhookConfigurations(database: Database): WebhookConfigurations {
  const table = createTable<WebhookConfigurationRow>(database, 'webhookConfigurations', ['scope'], {
    scope: text,
    preWebhookUrl: optional(text),
    postWebhookUrl: optional(text),
    method: optional(oneOf('GET', 'POST')),
    filters: optional(textList),
    target: optional(oneOf('webhook', 'flex')),
  });
  return { get: (scope) => table.one('WHERE scope = ?', scope), put: table.put };
}
