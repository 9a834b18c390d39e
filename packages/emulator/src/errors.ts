export type RefusalName =
  | 'invalid_parameter'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'conversation_not_found'
  | 'message_not_found'
  | 'user_not_found'
  | 'user_exists'
  | 'role_not_found'
  | 'role_in_use'
  | 'webhook_not_found'
  | 'media_not_found'
  | 'media_empty'
  | 'participant_not_found'
  | 'not_a_participant'
  | 'participant_exists'
  | 'unique_name_exists'
  | 'unique_name_like_sid'
  | 'conversation_closed'
  | 'conversation_created_closed'
  | 'inactive_timer_too_short'
  | 'closed_timer_too_short'
  | 'inactive_timer_invalid'
  | 'closed_timer_invalid'
  | 'too_many_conversations'
  | 'too_many_participants'
  | 'too_many_non_chat_participants'
  | 'too_many_participants_at_once'
  | 'participants_refused'
  | 'binding_invalid'
  | 'binding_exists'
  | 'channel_metadata_not_found'
  | 'no_permission'
  | 'body_too_long'
  | 'attributes_too_long'
  | 'attributes_invalid'
  | 'not_implemented'
  | 'sync_forbidden'
  | 'sync_document_not_found'
  | 'sync_list_not_found'
  | 'sync_map_not_found'
  | 'too_many_webhooks'
  | 'webhook_trigger_invalid'
  | 'webhook_url_too_long'
  | 'method_not_allowed'
  | 'too_large'
  | 'internal'
  | 'unavailable';

export interface RefusalEntry {
  status: number;
  code: number;
  message: string;
  rest?: { status?: number; code?: number };
}

/**
 * Every refusal of the service, by name. `code` is Twilio's; where REST answers with another code or status than
 * the client API does, `rest` says so. Sources: Twilio's public error dictionary; statuses that the dictionary
 * does not give are ours.
 */
export const refusals: Readonly<Record<RefusalName, RefusalEntry>> = {
  invalid_parameter: { status: 400, code: 20001, message: 'Invalid parameter' },
  unauthorized: { status: 401, code: 20003, message: 'Authenticate' },
  forbidden: { status: 403, code: 20403, message: 'Forbidden' },
  not_found: { status: 404, code: 20404, message: 'The requested resource was not found' },
  conversation_not_found: {
    status: 404,
    code: 50350,
    message: 'Conversation not found',
    rest: { code: 20404 },
  },
  message_not_found: { status: 404, code: 20404, message: 'Message not found' },
  user_not_found: { status: 404, code: 20404, message: 'User not found' },
  user_exists: { status: 409, code: 50201, message: 'User already exists' },
  role_not_found: { status: 404, code: 20404, message: 'Role not found' },
  role_in_use: { status: 400, code: 20001, message: 'The role can not be deleted' },
  webhook_not_found: { status: 404, code: 20404, message: 'Webhook not found' },
  media_not_found: { status: 404, code: 20404, message: 'Media not found' },
  media_empty: { status: 400, code: 20001, message: 'The uploaded file is empty' },
  participant_not_found: {
    status: 404,
    code: 50432,
    message: 'Participant not found',
    rest: { code: 20404 },
  },
  not_a_participant: { status: 403, code: 50430, message: 'User is not a participant of the conversation' },
  participant_exists: { status: 409, code: 50433, message: 'Participant already exists' },
  unique_name_exists: {
    status: 409,
    code: 50353,
    message: 'Conversation with provided unique name already exists',
  },
  unique_name_like_sid: {
    status: 400,
    code: 50390,
    message: 'Unique name must not look like a conversation SID',
  },
  conversation_closed: { status: 400, code: 50377, message: 'Conversation is closed and can not be changed' },
  conversation_created_closed: {
    status: 400,
    code: 50384,
    message: 'Conversation can not be created closed',
  },
  inactive_timer_too_short: { status: 400, code: 50375, message: 'The timer is too short' },
  closed_timer_too_short: { status: 400, code: 50376, message: 'The timer is too short' },
  inactive_timer_invalid: { status: 400, code: 50379, message: 'The timer is not an ISO 8601 duration' },
  closed_timer_invalid: { status: 400, code: 50380, message: 'The timer is not an ISO 8601 duration' },
  too_many_conversations: {
    status: 400,
    code: 50214,
    message: 'A user takes part in at most 1000 conversations that are not closed',
  },
  too_many_participants: {
    status: 400,
    code: 50417,
    message: 'A conversation takes at most 1000 participants',
  },
  too_many_non_chat_participants: {
    status: 400,
    code: 50422,
    message: 'A conversation takes at most 50 participants of other channels',
  },
  too_many_participants_at_once: {
    status: 400,
    code: 50426,
    message: 'One request adds at most 10 participants',
  },
  participants_refused: {
    status: 400,
    code: 50427,
    message: 'Nothing was created, because a participant can not be added',
  },
  binding_invalid: { status: 400, code: 50407, message: 'Invalid messaging binding' },
  binding_exists: {
    status: 409,
    code: 50416,
    message: 'The conversation has a participant with this address and proxy address already',
  },
  channel_metadata_not_found: { status: 404, code: 50530, message: 'The message has no channel metadata' },
  no_permission: { status: 403, code: 50107, message: 'User does not have permission for this action' },
  body_too_long: { status: 400, code: 50504, message: 'Message body is longer than 32 KB' },
  attributes_too_long: { status: 400, code: 50303, message: 'Attributes are too long' },
  attributes_invalid: { status: 400, code: 20001, message: 'Attributes must be a valid JSON string' },
  // 20501 is ours: Twilio has no such answer.
  not_implemented: { status: 501, code: 20501, message: 'Not implemented by this emulator' },
  sync_forbidden: { status: 403, code: 54007, message: 'Access to the Sync object is forbidden' },
  sync_document_not_found: { status: 404, code: 54100, message: 'Document not found' },
  sync_list_not_found: { status: 404, code: 54150, message: 'List not found' },
  sync_map_not_found: { status: 404, code: 54200, message: 'Map not found' },
  too_many_webhooks: { status: 400, code: 50361, message: 'A conversation takes at most 5 webhooks' },
  webhook_trigger_invalid: {
    status: 400,
    code: 50366,
    message: 'Webhook trigger keywords must have 1 to 248 characters',
  },
  webhook_url_too_long: { status: 400, code: 50372, message: 'Webhook URL is longer than 512 characters' },
  // The edges' own, in Twilio's pattern of 20 and the status.
  method_not_allowed: { status: 405, code: 20004, message: 'Method not allowed' },
  too_large: { status: 413, code: 20001, message: 'The request is too large' },
  internal: { status: 500, code: 20500, message: 'The emulator failed; its log says why' },
  unavailable: { status: 503, code: 20503, message: 'Service unavailable' },
};

/** The body of every error, whichever edge answers it. */
export interface ErrorBody {
  status: number;
  code: number;
  message: string;
  more_info: string;
}

export function errorBody(status: number, code: number, message: string): ErrorBody {
  return { status, code, message, more_info: `https://www.twilio.com/docs/errors/${code}` };
}

/** The service says no. Thrown inside, turned into a reply in one place per edge. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly reason: RefusalName;

  constructor(reason: RefusalName, detail?: string) {
    const entry = refusals[reason];
    super(detail === undefined ? entry.message : `${entry.message}: ${detail}`);
    this.reason = reason;
  }
}
