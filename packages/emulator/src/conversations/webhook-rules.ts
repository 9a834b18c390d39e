import { Refusal } from '../errors.js';

const verbs = ['Add', 'Added', 'Update', 'Updated', 'Remove', 'Removed'];

const serviceEvents: readonly string[] = [
  ...['Message', 'Conversation', 'Participant'].flatMap((subject) =>
    verbs.map((verb) => `on${subject}${verb}`),
  ),
  'onConversationStateUpdated',
  'onDeliveryUpdated',
];

/** Which event names each scope takes as filters. Pre-events may be listed everywhere but on a conversation. */
export const webhookEvents: Record<'global' | 'service' | 'scoped', readonly string[]> = {
  global: [...serviceEvents, 'onUserAdded', 'onUserUpdate', 'onUserUpdated'],
  service: serviceEvents,
  scoped: serviceEvents.filter((name) => name !== 'onConversationAdded' && name.endsWith('ed')),
};

const maxUrlLength = 512;
const maxTriggerLength = 248;

/** A URL that can be called, or a refusal that names the parameter. */
export function checkWebhookUrl(parameter: string, url: string): string {
  if (url.length > maxUrlLength) throw new Refusal('webhook_url_too_long', parameter);
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new Refusal('invalid_parameter', `${parameter} is not an http or https URL`);
  }
  return url;
}

/** Filters without repetitions. One empty filter is how a form says none. */
export function checkFilters(
  parameter: string,
  scope: keyof typeof webhookEvents,
  filters: readonly string[],
): string[] {
  const named = [...new Set(filters)].filter((name) => name !== '');
  const unknown = named.find((name) => !webhookEvents[scope].includes(name));
  if (unknown !== undefined) {
    throw new Refusal('invalid_parameter', `${parameter} has no event ${JSON.stringify(unknown)}`);
  }
  return named;
}

export function checkTriggers(triggers: readonly string[]): string[] {
  for (const keyword of triggers) {
    if (keyword === '' || keyword.length > maxTriggerLength) throw new Refusal('webhook_trigger_invalid');
  }
  return [...new Set(triggers)];
}
