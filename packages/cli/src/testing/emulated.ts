import { createEmulator, type Emulator } from '@conversations-web-chat/emulator';
import type { CommandIo } from '../command-io.js';

/** What a command printed and complained, and the environment it ran in. */
export interface RecordedIo extends CommandIo {
  said: string[];
  complained: string[];
}

export function recordedIo(env: CommandIo['env'] = {}, stop: AbortSignal = AbortSignal.abort()): RecordedIo {
  const said: string[] = [];
  const complained: string[] = [];
  return {
    env,
    said,
    complained,
    print: (line) => void said.push(line),
    complain: (line) => void complained.push(line),
    stop,
  };
}

/** A local Conversations service, and the environment of a backend that uses it. */
export async function startEmulated(): Promise<{ emulator: Emulator; env: Record<string, string> }> {
  const emulator = await createEmulator();
  const { accountSid, authToken, apiKeySid, apiKeySecret, serviceSid } = emulator.credentials;
  return {
    emulator,
    env: {
      ACCOUNT_SID: accountSid,
      AUTH_TOKEN: authToken,
      TWILIO_API_KEY_SID: apiKeySid,
      TWILIO_API_KEY_SECRET: apiKeySecret,
      CONVERSATIONS_SERVICE_SID: serviceSid,
      TWILIO_API_BASE_URL: emulator.restUrl,
      REALTIME_URL: emulator.wsUrl,
      ALLOWED_ORIGINS: 'https://shop.example',
      PUBLIC_BASE_URL: 'http://127.0.0.1:3000',
    },
  };
}
