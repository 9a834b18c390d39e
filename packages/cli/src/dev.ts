import path from 'node:path';
import { createNodeHost, readEnvironment, shopBot, wireWebhooks } from '@conversations-web-chat/backend';
import { createEmulator } from '@conversations-web-chat/emulator';
import type { CommandIo } from './run.js';

interface DevOptions {
  port: number;
  emulatorPort: number;
  widgetDir: string;
  siteDir: string;
  data: string;
  io: CommandIo;
}

/** Starts everything on this machine, says where to look, and ends it all when asked. Resolves to the exit code. */
export async function startDev({
  port,
  emulatorPort,
  widgetDir,
  siteDir,
  data,
  io,
}: DevOptions): Promise<number> {
  const stops: Array<() => Promise<void>> = [];
  try {
    const emulator = await createEmulator({
      port: emulatorPort,
      data,
      log: (line) => io.print(`emulator  ${line}`),
    });
    stops.push(() => emulator.close());

    const { credentials } = emulator;
    const publicBaseUrl = `http://127.0.0.1:${port}`;
    const environment = readEnvironment({
      ACCOUNT_SID: credentials.accountSid,
      AUTH_TOKEN: credentials.authToken,
      TWILIO_API_KEY_SID: credentials.apiKeySid,
      TWILIO_API_KEY_SECRET: credentials.apiKeySecret,
      CONVERSATIONS_SERVICE_SID: credentials.serviceSid,
      TWILIO_API_BASE_URL: emulator.restUrl,
      REALTIME_URL: emulator.wsUrl,
      PUBLIC_BASE_URL: publicBaseUrl,
      ALLOWED_ORIGINS: [`http://localhost:${port}`, publicBaseUrl].join(','),
      PORT: String(port),
    });
    if (!environment.ok) {
      io.complain(environment.table);
      return 1;
    }
    const host = await createNodeHost({
      config: environment.config,
      bot: shopBot,
      widgetDir: path.resolve(widgetDir),
      siteDir: path.resolve(siteDir),
      log: { level: 'warn', stream: { write: (line) => io.complain(line.trimEnd()) } },
    });
    stops.push(() => host.close());
    await wireWebhooks(environment.config);

    io.print(`
  Demo shop      http://localhost:${port}      open it, and the chat in its corner
  Emulator       ${emulator.restUrl}  REST, and ${emulator.wsUrl}
  Conversations  ${data === ':memory:' ? 'forgotten at the end' : `kept in ${data}`}

  Ctrl+C ends it.
`);
    await io.untilAsked();
    return 0;
  } catch (error) {
    io.complain(explain(error));
    return 1;
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'port_in_use') {
    return `${error.message} End what uses it, or choose others: PORT=3001 EMULATOR_PORT=4011 npm start`;
  }
  return `It could not start: ${error.message}`;
}
