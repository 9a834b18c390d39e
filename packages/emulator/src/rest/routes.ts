import { bindingRoutes } from './bindings.js';
import type { Route } from './call.js';
import {
  accountConfigurationRoutes,
  serviceConfigurationRoutes,
  webhookConfigurationRoutes,
} from './configuration.js';
import { conversationWithParticipantsRoutes } from './conversation-with-participants.js';
import { conversationRoutes } from './conversations.js';
import { membershipRoutes } from './memberships.js';
import { messageRoutes } from './messages.js';
import { participantRoutes } from './participants.js';
import { receiptRoutes } from './receipts.js';
import { roleRoutes } from './roles.js';
import { serviceRoutes } from './services.js';
import { userRoutes } from './users.js';
import { webhookRoutes } from './webhooks.js';

/** What exists below both prefixes: of the default service, and of a service that the path names. */
const scopedRoutes: readonly Route[] = [
  ...conversationRoutes,
  ...conversationWithParticipantsRoutes,
  ...messageRoutes,
  ...receiptRoutes,
  ...participantRoutes,
  ...webhookRoutes,
  ...userRoutes,
  ...membershipRoutes,
  ...roleRoutes,
  ...webhookConfigurationRoutes,
];

const below = (prefix: string, routes: readonly Route[]): Route[] =>
  routes.map((route) => ({ ...route, path: `${prefix}/${route.path}` }));

export const routes: readonly Route[] = [
  ...below('/v1', [...accountConfigurationRoutes, ...serviceRoutes, ...scopedRoutes]),
  ...below('/v1/Services/:service', [...serviceConfigurationRoutes, ...bindingRoutes, ...scopedRoutes]),
];
