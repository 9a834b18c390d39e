import type { FlowName } from './flows.js';

/** A call of the SDK that asks the client API, and the flows in which it does. */
export interface EndpointRow {
  call: string;
  method: 'GET' | 'POST' | 'DELETE';
  /** `{…}` stands for one part of the path. */
  path: string;
  flows: readonly [FlowName, ...FlowName[]];
}

/** Something the SDK does that is more than one call, and the flows that show it. */
export interface AreaRow {
  area: string;
  flows: readonly [FlowName, ...FlowName[]];
}

const my = '/Client/v2/MyConversations';
const conversations = '/Client/v2/Conversations';
const one = `${conversations}/{CH}`;

/** Every request that the SDK makes of the client API. Each of its flows must really make it: the log is asked. */
export const endpointRows: readonly EndpointRow[] = [
  {
    call: 'start-up: configuration',
    method: 'GET',
    path: '/Client/v2/Configuration',
    flows: ['initialises, knows its user, and has no conversations'],
  },
  {
    call: 'start-up: list of conversations',
    method: 'GET',
    path: my,
    flows: ['lists more conversations than fit on a page'],
  },
  {
    call: 'getConversationByUniqueName',
    method: 'GET',
    path: `${my}/{name}`,
    flows: ['finds one by its unique name from a session that never heard of it'],
  },
  {
    call: 'getUnreadMessagesCount',
    method: 'GET',
    path: `${my}/{CH}`,
    flows: ['keeps the read horizon for the next session'],
  },
  {
    call: 'advance/updateLastReadMessageIndex, setAllMessagesRead/Unread',
    method: 'POST',
    path: `${my}/{CH}`,
    flows: ['moves the read horizon, counts what is unread, and tells the others'],
  },
  {
    call: 'setUserNotificationLevel',
    method: 'POST',
    path: `${my}/{CH}`,
    flows: ['mutes and unmutes one for its user'],
  },
  {
    call: 'createConversation',
    method: 'POST',
    path: conversations,
    flows: ['creates one with a name that is not ASCII and with attributes, without joining its creator'],
  },
  {
    call: 'peekConversationBySid, getMessagesCount, getParticipantsCount',
    method: 'GET',
    path: one,
    flows: ['peeks at one it has created and not joined', 'counts messages and participants'],
  },
  {
    call: 'updateFriendlyName, updateUniqueName, updateAttributes',
    method: 'POST',
    path: one,
    flows: ['updates name, unique name and attributes for everybody, and clears the unique name'],
  },
  { call: 'delete', method: 'DELETE', path: one, flows: ['deletes one for everybody'] },
  {
    call: 'join',
    method: 'POST',
    path: `${one}/Participants`,
    flows: ['gives a second session of the same identity the same conversations and events'],
  },
  {
    call: 'add',
    method: 'POST',
    path: `${one}/Participants`,
    flows: ['tells both sides of an addition, with the attributes given'],
  },
  {
    call: 'addNonChatParticipant',
    method: 'POST',
    path: `${one}/Participants`,
    flows: ['adds a participant of another channel, shows its addresses to everybody, and removes it'],
  },
  {
    call: 'leave, removeParticipant',
    method: 'DELETE',
    path: `${one}/Participants/{participant}`,
    flows: ['lets a participant leave, be added again, and be removed'],
  },
  {
    call: 'participant.updateAttributes',
    method: 'POST',
    path: `${one}/Participants/{participant}`,
    flows: ['updates participant attributes'],
  },
  {
    call: 'sendMessage, prepareMessage().send()',
    method: 'POST',
    path: `${one}/Messages`,
    flows: [
      'carries text, emoji and attributes to the others and to the own second session',
      'sends what the message builder makes, with a subject',
    ],
  },
  {
    call: 'message.updateBody, message.updateAttributes',
    method: 'POST',
    path: `${one}/Messages/{IM}`,
    flows: ['edits bodies and attributes, and names who edited'],
  },
  {
    call: 'message.remove',
    method: 'DELETE',
    path: `${one}/Messages/{IM}`,
    flows: ['removes messages and never uses their index again'],
  },
  {
    call: 'message.getDetailedDeliveryReceipts',
    method: 'GET',
    path: `${one}/Messages/{IM}/Receipts`,
    flows: [
      'has no delivery receipts where everybody chats',
      'follows the delivery of a message, one participant and all of them',
    ],
  },
  {
    call: 'message.getChannelMetadata',
    method: 'GET',
    path: `${one}/Messages/{IM}/ChannelMetadata`,
    flows: ['reads what a channel adds to a message'],
  },
  {
    call: 'message.getMessageRecipients, conversation.getMessageRecipients',
    method: 'GET',
    path: `${one}/MessageRecipients`,
    flows: ['names who gets a message by e-mail, and who it is from'],
  },
  {
    call: 'getUser',
    method: 'GET',
    path: '/Client/v2/Users/{identity}',
    flows: ['updates the own user for itself and for those who watch it'],
  },
  {
    call: 'user.updateFriendlyName, user.updateAttributes',
    method: 'POST',
    path: '/Client/v2/Users/{identity}',
    flows: ['updates the own user for itself and for those who watch it'],
  },
  {
    call: 'typing',
    method: 'POST',
    path: '/Client/v2/Typing',
    flows: ['tells the others who types, ends by the message or by itself, and never echoes'],
  },
  {
    call: 'getContentTemplates',
    method: 'GET',
    path: '/Client/v2/ContentTemplates',
    flows: [
      'lists content templates, one of each type',
      'sends a content template filled in, and the others read its data',
    ],
  },
  {
    call: 'setPushRegistrationId',
    method: 'POST',
    path: '/v1/registrations',
    flows: ['keeps a push registration, changes it, and removes it'],
  },
  {
    call: 'unsetPushRegistrationId',
    method: 'DELETE',
    path: '/v1/registrations/{id}',
    flows: ['keeps a push registration, changes it, and removes it'],
  },
  {
    call: 'removePushRegistrations',
    method: 'DELETE',
    path: '/v1/registrations',
    flows: ['keeps a push registration, changes it, and removes it'],
  },
];

/** What was seen to work between the SDK and a first prototype, and what is beyond a single request. */
export const areaRows: readonly AreaRow[] = [
  {
    area: 'connect, initialise, second session, shutdown',
    flows: [
      'initialises, knows its user, and has no conversations',
      'takes identities that are not plain words',
      'gives a second session of the same identity the same conversations and events',
      'ends politely on shutdown',
    ],
  },
  {
    area: 'create with attributes and a name that is not ASCII; join; add; participants',
    flows: [
      'creates one with a name that is not ASCII and with attributes, without joining its creator',
      'tells both sides of an addition, with the attributes given',
    ],
  },
  {
    area: 'send text, attributes, emoji; builder; own second session',
    flows: [
      'carries text, emoji and attributes to the others and to the own second session',
      'sends what the message builder makes, with a subject',
      'sends an empty message as an empty text',
      'names the last message in the conversation',
    ],
  },
  {
    area: 'typing: start, end by timeout, end by message; no echo',
    flows: ['tells the others who types, ends by the message or by itself, and never echoes'],
  },
  {
    area: 'history of 173 messages: back from the end, forward from the first, around an anchor',
    flows: [
      'pages back from the end, all and once and in order, while new messages arrive',
      'pages forward from the first message, cached and not',
      'pages both ways around an anchor',
    ],
  },
  {
    area: 'history: anchor to newest and back on one paginator (a defect of the SDK, asserted as such)',
    flows: [
      'loses older messages when one paginator goes from an anchor to the newest and back, a defect of the SDK',
    ],
  },
  {
    area: 'read horizon: advance, all read, unread count, no going back, all unread',
    flows: [
      'moves the read horizon, counts what is unread, and tells the others',
      'keeps the read horizon for the next session',
    ],
  },
  {
    area: 'edit, remove; updates of conversation, participant, user; notification level',
    flows: [
      'edits bodies and attributes, and names who edited',
      'removes messages and never uses their index again',
      'updates name, unique name and attributes for everybody, and clears the unique name',
      'updates participant attributes',
      'updates the own user for itself and for those who watch it',
      'finds the user behind a participant',
      'mutes and unmutes one for its user',
    ],
  },
  {
    area: 'token: about to expire, update, bad token, denied, recover',
    flows: [
      'says that a token is about to expire, and takes a new one',
      'is denied for a bad token on update, and recovers with a good one',
      'is denied when its token expires, and a new token given at once brings it back',
    ],
  },
  {
    area: 'abrupt disconnect with missed and queued messages: exactly once, in order',
    flows: [
      'delivers missed, queued and later messages exactly once and in order',
      'replays edits, removals and being taken out of a conversation',
      'hears of a new name and a new conversation that it missed',
      'tells messages that were edited meanwhile in the order they were sent',
    ],
  },
  { area: 'close 308', flows: ['moves away on close 308 and connects again, and misses nothing'] },
  {
    area: 'leave, add again, remove, delete',
    flows: [
      'lets a participant leave, be added again, and be removed',
      'deletes one for everybody',
      'says of a deleted one that it was left, then that it was removed',
    ],
  },
  {
    area: 'init 401, 403, 429, 500',
    flows: [
      'is denied from the start with a token that has expired, and says so',
      'is denied by init 403, and comes back with another token',
      'tries again after init 429, in the time it was told',
      'tries again after init 500',
    ],
  },
  {
    area: 'close 401, 406, 417, 500',
    flows: [
      'stays away after close 401 until it has another token',
      'is dead for good after close 406, a trap of the SDK',
      'is dead for good after close 417, a trap of the SDK',
      'connects again after close 500',
    ],
  },
  {
    area: 'HTTP errors; what is tried again and what is not',
    flows: [
      'is told of each refusal as it is, and never sends a change twice',
      'asks again for a user when the service is overloaded for a moment',
    ],
  },
  {
    area: 'configuration and own user refused at start',
    flows: [
      'asks again for its configuration while that is refused, and starts',
      'gives up when its configuration stays refused',
      'fails to start without its own user',
    ],
  },
  {
    area: 'loss in flight, half-open sockets, late answers',
    flows: [
      'hears once of its message whose answer was lost with the socket',
      'may send again what was lost before it was stored',
      'notices nothing of a half-open socket, and has all of it after the cut',
      'may hear of its message before its answer',
    ],
  },
  {
    area: 'close 410',
    flows: ['stays away after close 410, where a token given too early is lost and the next one helps'],
  },
  {
    area: 'unique names, 409s',
    flows: ['refuses a unique name that is taken, and a second addition, by their codes'],
  },
  {
    area: 'limits and permissions, by their codes',
    flows: [
      'refuses what is too long, by its code',
      'lets nobody but their author and the admin of the conversation change messages',
    ],
  },
  {
    area: 'participants of other channels',
    flows: [
      'adds a participant of another channel, shows its addresses to everybody, and removes it',
      'adds a participant by e-mail, with a name and a level',
      'finds a participant of another channel behind what is said under its address',
    ],
  },
  {
    area: 'delivery aggregate, receipts, channel metadata, recipients',
    flows: [
      'has no delivery receipts where everybody chats',
      'follows the delivery of a message, one participant and all of them',
      'reads what a channel adds to a message',
      'names who gets a message by e-mail, and who it is from',
    ],
  },
  {
    area: 'content templates and their data',
    flows: [
      'lists content templates, one of each type',
      'sends a content template filled in, and the others read its data',
      'reads the data of every type of template',
    ],
  },
  { area: 'state closed', flows: ['hears that it was closed, and is read but not written any more'] },
  {
    area: 'a lost result of a subscription',
    flows: ['asks again for a subscription whose result was lost'],
  },
  {
    area: 'push registrations',
    flows: ['keeps a push registration, changes it, and removes it'],
  },
  {
    area: 'reachability',
    flows: ['says who comes, who goes, and who can be notified'],
  },
  {
    area: 'session storage: the page loaded again, a stale store',
    flows: [
      'starts again in the same tab from what it stored, and misses nothing of between',
      'does not take up what it stored of a store that was emptied since',
    ],
  },
  {
    area: 'media: upload, temporary URL, MediaSet, FormData',
    flows: [
      'sends a file, which the others fetch by a temporary URL without a token',
      'sends several files with a body, each under its category',
      'keeps attachments when their message is edited',
      'gives the URLs of several files at once',
      'gives files to nobody outside their conversation',
      'forgets a file with its message',
      'forgets files with their conversation',
      'sends a form from a browser, and says in Node that it takes none',
    ],
  },
  { area: '60 conversations', flows: ['lists more conversations than fit on a page'] },
  {
    area: 'server down at start',
    flows: ['says that it failed while the server is away, and initialises once it is there'],
  },
  {
    area: 'server restart with an empty store',
    flows: ['finds nothing of its own after the store was emptied'],
  },
];

/** What is not shown, and why. */
export const exceptions: readonly { what: string; why: string }[] = [
  {
    what: 'answers with 202',
    why: 'every change is done when its reply leaves, so there is no conflict to show',
  },
  {
    what: 'replies without optional fields, and no capabilities',
    why: 'the emulator has one form of each reply, the full one',
  },
  {
    what: 'Firefox, Safari, mobile browsers, tabs in the background, TLS',
    why: 'the emulator serves loopback without TLS, and Chromium is the browser of the tests',
  },
];
