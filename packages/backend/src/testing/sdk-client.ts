import { Client } from '@twilio/conversations';
import { createTokenSigner } from '../access-token.js';
import type { Stack } from './stack.js';

/** Somebody signed in with the official SDK, by a token of this service. Shut the client down at the end. */
export async function openSdkClient({ host, emulator }: Stack, identity: string): Promise<Client> {
  const token = await createTokenSigner(host.config)(identity, Math.floor(Date.now() / 1000));
  const client = new Client(token, { Twilsock: { uri: emulator.wsUrl } });
  await new Promise<void>((resolve, reject) => {
    client.once('initialized', () => resolve());
    client.once('initFailed', ({ error }) => reject(new Error(error?.message)));
  });
  return client;
}
