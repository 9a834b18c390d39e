import { configureService, serviceConfiguration } from '../conversations/configure-service.js';
import { configureWebhooks, webhookConfiguration } from '../conversations/configure-webhooks.js';
import { newcomerRoles } from '../conversations/roles.js';
import { Refusal } from '../errors.js';
import { given } from '../given.js';
import { type Call, fetched, type Json, type Reply, type Route } from './call.js';
import { presentWebhookConfiguration } from './present.js';

function accountConfiguration({ domain, view }: Call): Json {
  const url = `${view.baseUrl}/v1/Configuration`;
  const { timerInactive, timerClosed } = serviceConfiguration(domain);
  return {
    account_sid: view.accountSid,
    default_chat_service_sid: domain.serviceSid,
    default_messaging_service_sid: domain.messagingServiceSid,
    default_inactive_timer: timerInactive,
    default_closed_timer: timerClosed,
    url,
    links: { service: `${view.baseUrl}/v1/Services/${domain.serviceSid}`, webhooks: `${url}/Webhooks` },
  };
}

function updateAccount(call: Call): Reply {
  const { form, domain } = call;
  const only = {
    DefaultChatServiceSid: domain.serviceSid,
    DefaultMessagingServiceSid: domain.messagingServiceSid,
  };
  for (const [name, sid] of Object.entries(only)) {
    if ((form.text(name) ?? sid) !== sid) {
      throw new Refusal('invalid_parameter', `${name} can only be ${sid}: the emulator has no other`);
    }
  }
  configureService(
    domain,
    given({
      timerInactive: form.text('DefaultInactiveTimer'),
      timerClosed: form.text('DefaultClosedTimer'),
    }),
  );
  return fetched(accountConfiguration(call));
}

function serviceConfigurationOf({ domain, view }: Call): Json {
  const url = `${view.root}/Configuration`;
  const roles = newcomerRoles(domain);
  return {
    chat_service_sid: domain.serviceSid,
    default_conversation_creator_role_sid: roles.creator,
    default_conversation_role_sid: roles.participant,
    default_chat_service_role_sid: roles.user,
    reachability_enabled: serviceConfiguration(domain).reachabilityEnabled,
    url,
    links: { notifications: `${url}/Notifications`, webhooks: `${url}/Webhooks` },
  };
}

function updateService(call: Call): Reply {
  const { form } = call;
  const reachability = form.oneOf('ReachabilityEnabled', ['true', 'false']);
  configureService(call.domain, {
    ...given({
      conversationCreatorRoleSid: form.text('DefaultConversationCreatorRoleSid'),
      conversationRoleSid: form.text('DefaultConversationRoleSid'),
      serviceRoleSid: form.text('DefaultChatServiceRoleSid'),
    }),
    ...(reachability && { reachabilityEnabled: reachability === 'true' }),
  });
  return fetched(serviceConfigurationOf(call));
}

/** The scope whose webhooks a path configures. */
const scopeOf = (call: Call): string => call.view.serviceSid ?? 'global';

function fetchWebhooks(call: Call): Reply {
  const row = webhookConfiguration(call.domain, scopeOf(call));
  return fetched(presentWebhookConfiguration(call.view, row));
}

function updateWebhooks(call: Call): Reply {
  const { form } = call;
  if (call.view.serviceSid !== null) form.refuse('Target');
  const row = configureWebhooks(call.domain, {
    scope: scopeOf(call),
    ...given({
      preWebhookUrl: form.text('PreWebhookUrl'),
      postWebhookUrl: form.text('PostWebhookUrl'),
      method: form.oneOf('Method', ['GET', 'POST']),
      filters: form.list('Filters'),
      target: form.oneOf('Target', ['webhook', 'flex']),
    }),
  });
  return fetched(presentWebhookConfiguration(call.view, row));
}

export const accountConfigurationRoutes: readonly Route[] = [
  { method: 'GET', path: 'Configuration', answer: (call) => fetched(accountConfiguration(call)) },
  { method: 'POST', path: 'Configuration', answer: updateAccount },
];

export const serviceConfigurationRoutes: readonly Route[] = [
  { method: 'GET', path: 'Configuration', answer: (call) => fetched(serviceConfigurationOf(call)) },
  { method: 'POST', path: 'Configuration', answer: updateService },
];

/** The same two below both prefixes, each for its own scope. */
export const webhookConfigurationRoutes: readonly Route[] = [
  { method: 'GET', path: 'Configuration/Webhooks', answer: fetchWebhooks },
  { method: 'POST', path: 'Configuration/Webhooks', answer: updateWebhooks },
];
