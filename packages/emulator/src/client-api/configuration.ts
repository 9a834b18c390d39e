import type { Domain } from '../conversations/domain.js';
import { ensureUser } from '../conversations/ensure-user.js';
import { reachabilityEnabled } from '../conversations/reachability.js';
import { syncNames } from '../sync-names.js';
import type { Route } from '../upstream.js';
import { actorOf } from './fields.js';
import { links } from './links.js';

const megabyte = 1024 * 1024;

/** `mediaBase` answers the HTTP base URL under which media are served. */
export function configurationRoutes(domain: Domain, mediaBase: () => string): Route[] {
  return [
    {
      method: 'GET',
      pattern: '/Client/v2/Configuration',
      answer(call) {
        const by = actorOf(call);
        const user = ensureUser(domain, { by, identity: by.identity });
        const media = `${mediaBase()}/mcs/v1/Services/${domain.serviceSid}`;
        return {
          status: 200,
          body: {
            options: {
              consumption_report_interval: 'PT5S',
              user_infos_to_subscribe: 100,
              reachability_enabled: reachabilityEnabled(domain),
              http_cache_interval: 'PT5S',
              my_conversations_page_size: 50,
              media_attachments_count_limit: domain.mediaLimits.perMessage,
              media_attachment_size_limit_in_mb: domain.mediaLimits.bytes / megabyte,
              media_attachments_total_size_limit_in_mb: domain.mediaLimits.totalBytes / megabyte,
              email_histories_allowed_mime_types: ['text/plain', 'text/html'],
              email_bodies_allowed_mime_types: ['text/plain', 'text/html'],
            },
            sync_objects: {
              my_conversations: syncNames.myConversations(user),
              my_user_info: syncNames.userInfo(user),
            },
            links: {
              my_conversations: links.myConversations,
              conversations: links.conversations,
              users: links.users,
              current_user: links.user(user.identity),
              typing: links.typing,
              media_service: `${media}/Media`,
              media_set_service: `${media}/MediaSet`,
              messages_receipts: links.receipts,
            },
            identity: user.identity,
            url: links.configuration,
          },
        };
      },
    },
  ];
}
