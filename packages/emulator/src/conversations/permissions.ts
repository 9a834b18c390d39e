import type { RoleRow } from '../store/rows.js';

/** What a role of a conversation may allow, from Twilio's public lists. */
export const conversationPermissions = [
  'sendMessage',
  'sendMediaMessage',
  'leaveConversation',
  'editNotificationLevel',
  'editOwnMessage',
  'editOwnMessageAttributes',
  'deleteOwnMessage',
  'editOwnParticipantAttributes',
  'addParticipant',
  'addNonChatParticipant',
  'removeParticipant',
  'editConversationName',
  'editConversationAttributes',
  'editAnyMessage',
  'editAnyMessageAttributes',
  'editAnyParticipantAttributes',
  'deleteAnyMessage',
  'deleteConversation',
] as const;

/** What only a role of the service may allow. */
const servicePermissions = [
  'createConversation',
  'joinConversation',
  'editOwnUserInfo',
  'editAnyUserInfo',
] as const;

export type ConversationPermission = (typeof conversationPermissions)[number];
export type Permission = ConversationPermission | (typeof servicePermissions)[number];

/** Which permissions a role of each type takes. What a service role has of a conversation's, it has in all of them. */
export const permissionsOf: Readonly<Record<RoleRow['type'], readonly Permission[]>> = {
  conversation: conversationPermissions,
  service: [...servicePermissions, ...conversationPermissions],
};

export type RoleName = 'service admin' | 'service user' | 'channel admin' | 'channel user';

interface DefaultRole {
  type: RoleRow['type'];
  /** Permissions that Twilio's public role page gives the role, under its names of today. */
  documented: readonly Permission[];
  /** Our choice where no page speaks: so much as the SDK's own documented calls need. */
  ours: readonly Permission[];
}

/** The roles every service has from the start. Rows of the store follow from this table and may be changed since. */
export const defaultRoles: Readonly<Record<RoleName, DefaultRole>> = {
  'service admin': {
    type: 'service',
    documented: [
      'addParticipant',
      'createConversation',
      'deleteAnyMessage',
      'deleteConversation',
      'editAnyMessage',
      'editAnyMessageAttributes',
      'editAnyUserInfo',
      'editConversationAttributes',
      'editConversationName',
      'joinConversation',
      'removeParticipant',
    ],
    // The documented list is older than participants without an SDK.
    ours: ['addNonChatParticipant'],
  },
  'service user': {
    type: 'service',
    documented: ['createConversation', 'editOwnUserInfo', 'joinConversation'],
    ours: [],
  },
  'channel admin': {
    type: 'conversation',
    documented: [
      'addParticipant',
      'deleteAnyMessage',
      'deleteConversation',
      'editAnyMessage',
      'editAnyMessageAttributes',
      'editConversationAttributes',
      'editConversationName',
      'editNotificationLevel',
      'leaveConversation',
      'removeParticipant',
      'sendMediaMessage',
      'sendMessage',
    ],
    ours: [
      'addNonChatParticipant',
      'deleteOwnMessage',
      'editAnyParticipantAttributes',
      'editOwnMessage',
      'editOwnMessageAttributes',
      'editOwnParticipantAttributes',
    ],
  },
  'channel user': {
    type: 'conversation',
    documented: [],
    ours: [
      'deleteOwnMessage',
      'editNotificationLevel',
      'editOwnMessage',
      'editOwnMessageAttributes',
      'editOwnParticipantAttributes',
      'leaveConversation',
      'sendMediaMessage',
      'sendMessage',
    ],
  },
};
