import type { Config } from './config.js';
import { errorFacts, ServiceError } from './errors.js';
import { createTwilioClient } from './twilio-client.js';

/**
 * All that a visitor needs in a conversation. Reading, typing and the read horizon need no permission. Messages stay
 * as they were written: what a visitor said may have to be shown one day.
 */
export const VISITOR_PERMISSIONS: readonly string[] = [
  'leaveConversation',
  'sendMediaMessage',
  'sendMessage',
];

/**
 * What no role of a visitor may hold, of the service or of a conversation: each lets a stranger act on others, send
 * messages to telephones at the business's cost, or write what bots and agents go by.
 */
export const FORBIDDEN_FOR_VISITORS: readonly string[] = [
  'addNonChatParticipant',
  'addParticipant',
  'deleteAnyMessage',
  'deleteConversation',
  'editAnyMessage',
  'editAnyMessageAttributes',
  'editAnyParticipantAttributes',
  'editAnyUserInfo',
  'editConversationAttributes',
  'editConversationName',
  'removeParticipant',
];

/** What visitors may not either when this service makes the conversations (`CHAT_MODE=hardened`). */
export const FORBIDDEN_IN_HARDENED_MODE: readonly string[] = ['createConversation', 'joinConversation'];

/** The names by which the roles are found again. */
export const VISITOR_ROLES = { conversation: 'web chat visitor', service: 'web chat user' } as const;

/** One thing that {@link setUpRoles} changed, or would change, in words for people. */
export interface RoleChange {
  what: string;
  from: string;
  to: string;
}

type RoleType = keyof typeof VISITOR_ROLES;

/** The settings of the service that say which roles newcomers get. */
const NEWCOMERS = [
  { field: 'defaultChatServiceRoleSid', what: 'role of new users', type: 'service' },
  { field: 'defaultConversationRoleSid', what: 'role of new participants', type: 'conversation' },
  {
    field: 'defaultConversationCreatorRoleSid',
    what: 'role of those who create a conversation',
    type: 'conversation',
  },
] as const;

/**
 * Gives the Conversations service roles that let visitors do no more than the chat needs, and makes them what
 * newcomers get. A second call changes nothing. Users and participants who are there already keep their roles; agents
 * have to be given theirs by name.
 *
 * @throws ServiceError `twilio_unavailable` with the reason. The helper's own errors hold credentials and stay here.
 * @example
 * const { changes } = await setUpRoles(config, { dryRun: true });
 */
export async function setUpRoles(
  config: Config,
  options: { dryRun?: boolean } = {},
): Promise<{ changes: readonly RoleChange[] }> {
  try {
    return { changes: await setUp(config, options.dryRun ?? false) };
  } catch (error) {
    throw new ServiceError(
      'twilio_unavailable',
      `The roles of the Conversations service could not be read or written: ${errorFacts(error).message}`,
    );
  }
}

async function setUp(config: Config, dryRun: boolean): Promise<RoleChange[]> {
  const service = createTwilioClient(config).conversations.v1.services(config.serviceSid);
  const roles = await service.roles.list();
  const changes: RoleChange[] = [];

  async function ensure(type: RoleType, wanted: readonly string[]): Promise<string> {
    const friendlyName = VISITOR_ROLES[type];
    const role = roles.find((each) => each.type === type && each.friendlyName === friendlyName);
    const permission = [...wanted].sort();
    const to = permission.join(', ');
    const from = role ? [...role.permissions].sort().join(', ') : 'no such role';
    if (from !== to) changes.push({ what: `${type} role "${friendlyName}"`, from, to });
    if (role) {
      if (from !== to && !dryRun) await service.roles(role.sid).update({ permission });
      return role.sid;
    }
    return dryRun ? friendlyName : (await service.roles.create({ friendlyName, type, permission })).sid;
  }

  const visitor = await ensure('conversation', VISITOR_PERMISSIONS);
  const user = await ensure('service', userPermissions(config.mode));
  const configuration = service.configuration();
  const current = await configuration.fetch();
  const wanted = {
    defaultChatServiceRoleSid: user,
    defaultConversationRoleSid: visitor,
    defaultConversationCreatorRoleSid: visitor,
  };
  const differing = NEWCOMERS.filter(({ field }) => current[field] !== wanted[field]);
  const nameOf = (sid: string): string => roles.find((role) => role.sid === sid)?.friendlyName ?? sid;
  for (const { field, what, type } of differing) {
    changes.push({ what, from: nameOf(current[field]), to: VISITOR_ROLES[type] });
  }
  if (differing.length > 0 && !dryRun) {
    await configuration.update(Object.fromEntries(differing.map(({ field }) => [field, wanted[field]])));
  }
  return changes;
}

function userPermissions(mode: Config['mode']): readonly string[] {
  return mode === 'hardened' ? ['editOwnUserInfo'] : ['editOwnUserInfo', ...FORBIDDEN_IN_HARDENED_MODE];
}
