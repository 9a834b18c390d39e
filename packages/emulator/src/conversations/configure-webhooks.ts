import { Refusal } from '../errors.js';
import type { WebhookConfigurationRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { checkFilters, checkWebhookUrl } from './webhook-rules.js';

export interface ConfigureWebhooks {
  /** `global`, or the SID of a service. */
  scope: string;
  preWebhookUrl?: string;
  /** Empty clears it. */
  postWebhookUrl?: string;
  method?: 'GET' | 'POST';
  filters?: readonly string[];
  /** Of the account only. Twilio's other target, `flex`, is not emulated. */
  target?: 'webhook' | 'flex';
}

/** The configuration of a scope, which exists before anybody has set it. */
export function webhookConfiguration(domain: Domain, scope: string): WebhookConfigurationRow {
  const unset = { preWebhookUrl: null, postWebhookUrl: null, method: null, filters: null, target: null };
  return domain.store.webhookConfigurations.get(scope) ?? { scope, ...unset };
}

/** Changes what is given and leaves the rest. */
export function configureWebhooks(domain: Domain, input: ConfigureWebhooks): WebhookConfigurationRow {
  const { scope, preWebhookUrl, postWebhookUrl, method, filters, target } = input;
  if (target === 'flex') {
    throw new Refusal('invalid_parameter', 'Target: flex is not supported by the emulator');
  }
  if (preWebhookUrl) {
    throw new Refusal(
      'invalid_parameter',
      'PreWebhookUrl: pre-event webhooks are not supported by the emulator yet',
    );
  }
  return domain.store.transaction(() => {
    const row = { ...webhookConfiguration(domain, scope) };
    if (postWebhookUrl !== undefined) {
      row.postWebhookUrl = postWebhookUrl === '' ? null : checkWebhookUrl('PostWebhookUrl', postWebhookUrl);
    }
    if (method !== undefined) row.method = method;
    if (filters !== undefined) {
      row.filters = checkFilters('Filters', scope === 'global' ? 'global' : 'service', filters);
    }
    if (target !== undefined) row.target = target;
    domain.store.webhookConfigurations.put(row);
    return row;
  });
}
