import twilio from 'twilio';
import { onTestFinished } from 'vitest';
import type { EmulatorOptions } from '../options.js';
import { type StartedEmulator, type StartParts, startEmulator } from '../server.js';
import { checkAnswer } from './openapi.js';

export type HelperClient = ReturnType<typeof twilio>;

/** An emulator that ends with its test. */
export async function startForTest(
  options: EmulatorOptions = {},
  parts: StartParts = {},
): Promise<StartedEmulator> {
  const started = await startEmulator(options, parts);
  onTestFinished(() => started.emulator.close());
  return started;
}

/** The official helper's own client; every answer it gets must be one that Twilio's OpenAPI file allows. */
function checkingClient(): InstanceType<typeof twilio.RequestClient> {
  const client = new twilio.RequestClient();
  const request = client.request.bind(client);
  client.request = async (asked) => {
    const response = await request(asked);
    const { statusCode, body } = response;
    // An empty body reaches us as text.
    checkAnswer(
      asked.method,
      asked.uri,
      statusCode,
      typeof body === 'string' && body ? JSON.parse(body) : body,
    );
    return response;
  };
  return client;
}

/** The official helper, pointed at an emulator by its one public line. */
export function helperFor({ emulator }: Pick<StartedEmulator, 'emulator'>): HelperClient {
  const { accountSid, authToken } = emulator.credentials;
  const client = twilio(accountSid, authToken, { httpClient: checkingClient() });
  client.conversations.baseUrl = emulator.restUrl;
  return client;
}

/** The two ways to the same resources. */
export const scopes = ['default', 'service'] as const;

type ServiceScope = Pick<
  ReturnType<HelperClient['conversations']['v1']['services']>,
  'conversations' | 'users' | 'roles' | 'participantConversations' | 'conversationWithParticipants'
>;

export function scoped(
  client: HelperClient,
  { emulator }: StartedEmulator,
  scope: (typeof scopes)[number],
): ServiceScope {
  const { v1 } = client.conversations;
  // The helper types the two scopes apart, though they have the same operations.
  return scope === 'default' ? (v1 as unknown as ServiceScope) : v1.services(emulator.credentials.serviceSid);
}

/** A request without the helper's help. */
export async function ask(started: StartedEmulator, path: string, init: RequestInit = {}): Promise<Response> {
  const { accountSid, authToken } = started.emulator.credentials;
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
  const url = started.emulator.restUrl + path;
  const response = await fetch(url, { ...init, headers: { authorization, ...init.headers } });
  if (path.startsWith('/v1/') && init.method !== 'HEAD') {
    const text = await response.clone().text();
    checkAnswer(init.method ?? 'GET', url, response.status, text === '' ? undefined : JSON.parse(text));
  }
  return response;
}

/** What the helper was refused with. */
export async function refusal(
  promise: Promise<unknown>,
): Promise<{ status: number; code: number; message: string }> {
  try {
    await promise;
  } catch (error) {
    const { status, code, message } = error as { status: number; code: number; message: string };
    return { status, code, message };
  }
  throw new Error('It was not refused');
}
