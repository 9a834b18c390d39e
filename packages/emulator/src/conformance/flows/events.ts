import type {
  Client,
  ConnectionState,
  Conversation,
  ConversationUpdatedEventArgs,
  Message,
  MessageUpdatedEventArgs,
  Participant,
  ParticipantUpdatedEventArgs,
  User,
  UserUpdatedEventArgs,
} from '@twilio/conversations';

const patience = 15_000;

/**
 * The first value a listener hears that is accepted. Call it before the act that causes the event.
 *
 * @example
 * const added = next<Message>('messageAdded', (hear) => conversation.on('messageAdded', hear));
 */
export function next<T>(
  what: string,
  listen: (hear: (value: T) => void) => void,
  accept: (value: T) => boolean = () => true,
): Promise<T> {
  const heard = new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Waited ${patience} ms for ${what}`)), patience);
    listen((value) => {
      if (!accept(value)) return;
      clearTimeout(timer);
      resolve(value);
    });
  });
  // What has failed already looks at it no more: that would be a second failure, of nobody.
  heard.catch(() => {});
  return heard;
}

/** Comes back when something that no event tells of is so. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + patience;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`Waited ${patience} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The next time a client gets into a connection state. */
export function reaches(client: Client, wanted: ConnectionState): Promise<ConnectionState> {
  return next<ConnectionState>(
    wanted,
    (hear) => client.on('connectionStateChanged', hear),
    (state) => state === wanted,
  );
}

/** Every connection state that a client gets into from now on. */
export function statesOf(client: Client): ConnectionState[] {
  const states: ConnectionState[] = [];
  client.on('connectionStateChanged', (state) => states.push(state));
  return states;
}

export const tokenExpired = (client: Client): Promise<void> =>
  next<void>('tokenExpired', (hear) => client.on('tokenExpired', hear));

/** What a client hears of one conversation, whoever's it is. */
export const conversationEvent = (
  client: Client,
  event: 'conversationJoined' | 'conversationLeft' | 'conversationAdded' | 'conversationRemoved',
  sid?: string,
): Promise<Conversation> =>
  next<Conversation>(
    `${event} of ${client.user.identity}`,
    (hear) => client.on(event, hear),
    (conversation) => sid === undefined || conversation.sid === sid,
  );

export const conversationUpdated = (
  conversation: Conversation,
  reason: ConversationUpdatedEventArgs['updateReasons'][number],
): Promise<ConversationUpdatedEventArgs> =>
  next<ConversationUpdatedEventArgs>(
    `conversation updated because of ${reason}`,
    (hear) => conversation.on('updated', hear),
    ({ updateReasons }) => updateReasons.includes(reason),
  );

export const participantEvent = (
  conversation: Conversation,
  event: 'participantJoined' | 'participantLeft' | 'typingStarted' | 'typingEnded',
  identity: string,
): Promise<Participant> =>
  next<Participant>(
    `${event} of ${identity}`,
    (hear) => conversation.on(event, hear),
    (participant) => participant.identity === identity,
  );

export const participantUpdated = (
  conversation: Conversation,
  reason: ParticipantUpdatedEventArgs['updateReasons'][number],
): Promise<ParticipantUpdatedEventArgs> =>
  next<ParticipantUpdatedEventArgs>(
    `participantUpdated because of ${reason}`,
    (hear) => conversation.on('participantUpdated', hear),
    ({ updateReasons }) => updateReasons.includes(reason),
  );

export const messageEvent = (
  conversation: Conversation,
  event: 'messageAdded' | 'messageRemoved',
  accept?: (message: Message) => boolean,
): Promise<Message> => next<Message>(event, (hear) => conversation.on(event, hear), accept);

export const messageUpdated = (
  conversation: Conversation,
  reason: MessageUpdatedEventArgs['updateReasons'][number],
): Promise<MessageUpdatedEventArgs> =>
  next<MessageUpdatedEventArgs>(
    `messageUpdated because of ${reason}`,
    (hear) => conversation.on('messageUpdated', hear),
    ({ updateReasons }) => updateReasons.includes(reason),
  );

export const userUpdated = (
  user: User,
  reason: UserUpdatedEventArgs['updateReasons'][number],
): Promise<UserUpdatedEventArgs> =>
  next<UserUpdatedEventArgs>(
    `user updated because of ${reason}`,
    (hear) => user.on('updated', hear),
    ({ updateReasons }) => updateReasons.includes(reason),
  );

/**
 * The bodies of the messages a conversation announces from now on, and a promise of the one that ends them. Late ones
 * of before may be among them.
 */
export function listenUntil(
  conversation: Conversation,
  lastBody: string,
): { heard: (string | null)[]; ended: Promise<Message> } {
  const heard: (string | null)[] = [];
  conversation.on('messageAdded', ({ body }) => heard.push(body));
  return { heard, ended: messageEvent(conversation, 'messageAdded', ({ body }) => body === lastBody) };
}

/** A conversation of `owner` that all of `members` take part in, as each of them sees it, its owner first. */
export async function shareConversation(owner: Client, ...members: Client[]): Promise<Conversation[]> {
  const conversation = await owner.createConversation({ friendlyName: 'Shared' });
  const joined = [owner, ...members].map((client) =>
    conversationEvent(client, 'conversationJoined', conversation.sid),
  );
  await conversation.join();
  for (const member of members) await conversation.add(member.user.identity);
  const views = await Promise.all(joined);
  // A list announces only what comes after it was opened.
  await Promise.all(views.map((view) => view.getMessages(1)));
  return views;
}
