import type { ServiceConfigurationRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { forgetWhoWasOnline } from './reachability.js';
import { checkRole } from './roles.js';
import { checkTimer } from './state.js';

export interface ConfigureService {
  conversationCreatorRoleSid?: string;
  conversationRoleSid?: string;
  serviceRoleSid?: string;
  reachabilityEnabled?: boolean;
  /** ISO 8601 durations that new conversations get; empty for none. */
  timerInactive?: string;
  timerClosed?: string;
}

/** The configuration of the service, which exists before anybody has set it. */
export function serviceConfiguration({ store, serviceSid }: Domain): ServiceConfigurationRow {
  return (
    store.serviceConfigurations.get(serviceSid) ?? {
      chatServiceSid: serviceSid,
      conversationCreatorRoleSid: null,
      conversationRoleSid: null,
      serviceRoleSid: null,
      reachabilityEnabled: false,
      timerInactive: null,
      timerClosed: null,
    }
  );
}

/** Changes what is given and leaves the rest. Roles are for who comes from now on. */
export function configureService(domain: Domain, input: ConfigureService): ServiceConfigurationRow {
  const { conversationCreatorRoleSid, conversationRoleSid, serviceRoleSid, reachabilityEnabled } = input;
  return domain.facts.commit(() => {
    const row = { ...serviceConfiguration(domain) };
    if (conversationCreatorRoleSid !== undefined) {
      row.conversationCreatorRoleSid = checkRole(
        domain,
        'DefaultConversationCreatorRoleSid',
        'conversation',
        conversationCreatorRoleSid,
      );
    }
    if (conversationRoleSid !== undefined) {
      row.conversationRoleSid = checkRole(
        domain,
        'DefaultConversationRoleSid',
        'conversation',
        conversationRoleSid,
      );
    }
    if (serviceRoleSid !== undefined) {
      row.serviceRoleSid = checkRole(domain, 'DefaultChatServiceRoleSid', 'service', serviceRoleSid);
    }
    if (reachabilityEnabled === false) forgetWhoWasOnline(domain);
    if (reachabilityEnabled !== undefined) row.reachabilityEnabled = reachabilityEnabled;
    const now = domain.clock.now();
    if (input.timerInactive !== undefined) {
      row.timerInactive = checkTimer('DefaultInactiveTimer', 'inactive', input.timerInactive, now);
    }
    if (input.timerClosed !== undefined) {
      row.timerClosed = checkTimer('DefaultClosedTimer', 'closed', input.timerClosed, now);
    }
    domain.store.serviceConfigurations.put(row);
    return row;
  });
}
