import { randomUUID } from 'node:crypto';
import { type Conversations, createConversations } from './conversations.js';
import { openDatabase } from './database.js';
import { createDeliveryReceipts, type DeliveryReceipts } from './delivery-receipts.js';
import { createMedia, type Media } from './media.js';
import { createMessages, type Messages } from './messages.js';
import { createParticipants, type Participants } from './participants.js';
import { createPushRegistrations, type PushRegistrations } from './push-registrations.js';
import { createReachability, type Reachability } from './reachability.js';
import { createRoles, type Roles } from './roles.js';
import { migrate } from './schema.js';
import { createServiceConfigurations, type ServiceConfigurations } from './service-configurations.js';
import { createServices, type Services } from './services.js';
import { createSettings, type Settings } from './settings.js';
import { createSyncItems, type SyncItems } from './sync-items.js';
import { createSyncObjects, type SyncObjects } from './sync-objects.js';
import { createUsers, type Users } from './users.js';
import { createWebhookConfigurations, type WebhookConfigurations } from './webhook-configurations.js';
import { createWebhookTable, type Webhooks } from './webhooks.js';

export interface Store {
  /** All or nothing. A transaction inside a transaction takes part in the outer one. */
  transaction<T>(work: () => T): T;
  /** One commit for the transactions inside, each of which is all or nothing by itself. */
  batch<T>(work: () => T): T;
  /** Empties everything but settings and services, and begins a new epoch. */
  reset(): void;
  close(): void;
  /** Names this life of the store: what clients cached of an earlier one is void. */
  readonly epoch: string;
  settings: Settings;
  services: Services;
  conversations: Conversations;
  participants: Participants;
  messages: Messages;
  media: Media;
  deliveryReceipts: DeliveryReceipts;
  roles: Roles;
  serviceConfigurations: ServiceConfigurations;
  pushRegistrations: PushRegistrations;
  reachability: Reachability;
  users: Users;
  webhooks: Webhooks;
  webhookConfigurations: WebhookConfigurations;
  syncObjects: SyncObjects;
  syncItems: SyncItems;
}

const emptied = [
  'syncObjects',
  'conversations',
  'users',
  'media',
  'roles',
  'pushRegistrations',
  'reachability',
  'serviceConfigurations',
  'webhookConfigurations',
];

/** Opens `:memory:` or a file (made when missing). Throws a readable error when it is not a store or is in use. */
export function openStore(path: string): Store {
  const database = openDatabase(path);
  try {
    migrate(database);
  } catch (error) {
    database.close();
    throw error;
  }
  const settings = createSettings(database);
  let epoch = settings.get('epoch') ?? randomUUID();
  settings.set('epoch', epoch);
  return {
    transaction: database.transaction,
    batch: database.batch,
    reset() {
      database.transaction(() => {
        for (const table of emptied) database.run(`DELETE FROM ${table}`);
        epoch = randomUUID();
        settings.set('epoch', epoch);
      });
    },
    close: database.close,
    get epoch() {
      return epoch;
    },
    settings,
    services: createServices(database),
    conversations: createConversations(database),
    participants: createParticipants(database),
    messages: createMessages(database),
    media: createMedia(database),
    deliveryReceipts: createDeliveryReceipts(database),
    roles: createRoles(database),
    serviceConfigurations: createServiceConfigurations(database),
    pushRegistrations: createPushRegistrations(database),
    reachability: createReachability(database),
    users: createUsers(database),
    webhooks: createWebhookTable(database),
    webhookConfigurations: createWebhookConfigurations(database),
    syncObjects: createSyncObjects(database),
    syncItems: createSyncItems(database),
  };
}
