import { Client, type ClientOptions } from '@twilio/conversations';
import { SignJWT } from 'jose';
import { next, shareConversation } from '../conformance/service.js';
import type { Credentials } from '../options.js';
import { createWriter, type Writer } from './writer.js';

export interface OpenWriters {
  /** One of each identity; the first created the conversation. */
  writers: Writer[];
  conversationSid: string;
  close(): Promise<void>;
}

/** SDK clients of several identities that share a conversation and have its list open. */
export async function openWriters(
  { wsUrl, credentials }: { wsUrl: string; credentials: Credentials },
  identities: readonly string[],
): Promise<OpenWriters> {
  const clients = await Promise.all(
    identities.map(async (identity) => {
      // The SDK's type leaves `retryPolicy` out and passes it on.
      const options = {
        Twilsock: { uri: wsUrl },
        logLevel: 'silent',
        retryPolicy: { min: 30, max: 200, randomness: 0 },
      } as ClientOptions;
      const client = new Client(await tokenFor(credentials, identity), options);
      await next<void>('initialized', (hear) => client.on('initialized', hear));
      await client.getSubscribedConversations();
      return client;
    }),
  );
  const [owner, ...members] = clients;
  if (!owner) throw new Error('Nobody is to write');
  const conversations = await shareConversation(owner, ...members);
  const writers = conversations.map((conversation, who) => createWriter(clients[who]!, conversation));
  return {
    writers,
    conversationSid: conversations[0]!.sid,
    async close() {
      await Promise.all(clients.map((client) => client.shutdown()));
    },
  };
}

function tokenFor(credentials: Credentials, identity: string): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({
    jti: `${credentials.apiKeySid}-${now}`,
    iss: credentials.apiKeySid,
    sub: credentials.accountSid,
    iat: now,
    exp: now + 3600,
    grants: { identity, chat: { service_sid: credentials.serviceSid } },
  })
    .setProtectedHeader({ typ: 'JWT', alg: 'HS256', cty: 'twilio-fpa;v=1' })
    .sign(new TextEncoder().encode(credentials.apiKeySecret));
}
