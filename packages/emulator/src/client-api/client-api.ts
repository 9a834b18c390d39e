import type { Domain } from '../conversations/domain.js';
import type { Route } from '../upstream.js';
import { channelsRoutes } from './channels.js';
import { configurationRoutes } from './configuration.js';
import { contentTemplateRoutes } from './content-templates.js';
import { conversationsRoutes } from './conversations.js';
import { messagesRoutes } from './messages.js';
import { myConversationsRoutes } from './my-conversations.js';
import { participantsRoutes } from './participants.js';
import { pushRegistrationRoutes } from './push-registrations.js';
import { typingRoutes } from './typing.js';
import { usersRoutes } from './users.js';

/** The Conversations client API, which SDKs call "aim": the routes for everything an SDK changes or looks up. */
export function clientApiRoutes(domain: Domain, mediaBase: () => string): Route[] {
  return [
    ...configurationRoutes(domain, mediaBase),
    ...myConversationsRoutes(domain),
    ...conversationsRoutes(domain),
    ...participantsRoutes(domain),
    ...messagesRoutes(domain),
    ...channelsRoutes(domain),
    ...contentTemplateRoutes(domain),
    ...usersRoutes(domain),
    ...typingRoutes(domain),
    ...pushRegistrationRoutes(domain),
  ];
}
