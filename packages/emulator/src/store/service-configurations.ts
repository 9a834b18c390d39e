import type { Database } from './database.js';
import type { ServiceConfigurationRow } from './rows.js';
import { createTable, flag, optional, text } from './table.js';

export interface ServiceConfigurations {
  /** Undefined until something was configured. */
  get(serviceSid: string): ServiceConfigurationRow | undefined;
  put(row: ServiceConfigurationRow): void;
}

export function createServiceConfigurations(database: Database): ServiceConfigurations {
  const table = createTable<ServiceConfigurationRow>(database, 'serviceConfigurations', ['chatServiceSid'], {
    chatServiceSid: text,
    conversationCreatorRoleSid: optional(text),
    conversationRoleSid: optional(text),
    serviceRoleSid: optional(text),
    reachabilityEnabled: flag,
    timerInactive: optional(text),
    timerClosed: optional(text),
  });
  return {
    get: (serviceSid) => table.one('WHERE chatServiceSid = ?', serviceSid),
    put: table.put,
  };
}
