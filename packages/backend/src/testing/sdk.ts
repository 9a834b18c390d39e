import { Client, type Conversation } from '@twilio/conversations';
import { PAGE_ORIGIN, type Stack } from './stack.js';

/** What a call of a page was answered with. */
export interface Answer {
  status: number;
  body: Record<string, unknown> & { error?: { code: string; message: string } };
}

/** Calls an address of the host as a page does. */
export async function ask(stack: Stack, path: string, fields: Record<string, string>): Promise<Answer> {
  const response = await fetch(stack.host.url + path, {
    method: 'POST',
    headers: { origin: PAGE_ORIGIN },
    body: new URLSearchParams(fields),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

/** Gets a token by what `fields` prove, and connects the official SDK with it. Shut it down afterwards. */
export async function signIn(stack: Stack, fields: Record<string, string>): Promise<Client> {
  const { body } = await ask(stack, '/chat-widget', fields);
  return await connect(String(body.token), String(body.realtimeUrl));
}

/** Connects the official SDK. */
export async function connect(token: string, uri: string): Promise<Client> {
  const client = new Client(token, { Twilsock: { uri } });
  await new Promise<void>((resolve, reject) => {
    client.once('initialized', () => resolve());
    client.once('initFailed', ({ error }) => reject(new Error(error?.message)));
  });
  return client;
}

/** What a client sees of a conversation: the texts in it, or that it is kept out. */
export async function read(client: Client, conversationSid: string): Promise<string[] | 'kept out'> {
  let conversation: Conversation;
  try {
    conversation = await client.getConversationBySid(conversationSid);
  } catch {
    return 'kept out';
  }
  const { items } = await conversation.getMessages();
  return items.map(({ body }) => body ?? '');
}
