/** Every sentence the visitor can meet. `{name}` marks what is put in; see `fill` in `ui/strings.ts`. */
export const en = {
  close: 'Close chat',
  support: 'Support',
  you: 'You',
  log: 'Messages',

  statusStarting: 'Connecting…',
  statusOnline: 'Connected',
  statusReconnecting: 'Reconnecting…',
  statusOffline: 'You are offline',
  statusEnded: 'Chat ended',
  statusFailed: 'Not connected',

  emptyTitle: 'How can we help?',
  emptyText: 'Send us a message and we will answer right here.',

  today: 'Today',
  yesterday: 'Yesterday',
  loadingOlder: 'Loading older messages',
  jumpToLatest: 'Jump to latest',
  newMessage: '1 new message',
  newMessages: '{count} new messages',
  messageFrom: '{name}, {time}:',
  announced: '{name}: {body}',
  typing: '{name} is typing',
  edited: 'Edited',

  sending: 'Sending…',
  sent: 'Sent',
  waiting: 'Will be sent when you are back online',
  failed: 'Not delivered',
  failedTooLong: 'Not delivered: the message is too long',
  failedMalformed: 'Not delivered: the text has characters that cannot be sent',
  failedRefused: 'Not delivered: the message was not accepted',
  failedClosed: 'Not delivered: this chat has ended',
  retry: 'Try again',
  discard: 'Delete',

  composer: 'Your message',
  placeholder: 'Write a message…',
  send: 'Send message',

  offline: 'You are offline. What you write is kept and sent when you are back.',
  reconnecting: 'The connection was lost. We are reconnecting; what you write is kept.',
  unreachable: 'The chat cannot be reached right now. It tries again by itself; what you write is kept.',
  rateLimited: 'There were too many attempts. The chat tries again shortly.',
  blocked: 'The chat is not available on this page.',
  banned: 'This chat is not open to you any more.',
  humanCheckRequired: 'The chat could not find out that you are a person. Load the page again to retry.',
  insecure: 'The chat needs a secure (https) page.',
  tryAgain: 'Try again',
  previousChatGone: 'Your earlier chat is no longer available, so this is a new one.',
  storageBlocked: 'Your browser does not let us remember this chat. It ends when you leave the page.',
  dismiss: 'Dismiss',

  ended: 'This chat has ended.',
  endedGone: 'This chat is no longer available.',
  startNew: 'Start a new chat',
};

export type Strings = typeof en;
