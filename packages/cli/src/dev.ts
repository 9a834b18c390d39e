import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import {
  type Bot,
  type Config,
  chooseBot,
  createNodeHost,
  readEnvironment,
  setUpRoles,
  wireWebhooks,
} from '@conversations-web-chat/backend';
import { createEmulator } from '@conversations-web-chat/emulator';
import type { CommandIo } from './command-io.js';

interface DevOptions {
  /** 0 takes any free one, here and below. */
  port: number;
  emulatorPort: number;
  widgetDir: string;
  siteDir: string;
  /** Whose pages may have the chat, besides those of `siteDir`. */
  origins?: readonly string[];
  /** As `BOT` of the backend: a bot's name or a module. Default: the shop's. */
  bot?: string;
  /** Where a relative path of a module starts. */
  cwd?: string;
  data: string;
  /** As in production: the backend makes the conversations, and roles let visitors do no more than chat. */
  hardened?: boolean;
  io: CommandIo;
}

/** Starts everything on this machine, says where to look, and ends it all when asked. Resolves to the exit code. */
export async function startDev(options: DevOptions): Promise<number> {
  const { io } = options;
  const stops: Array<() => Promise<void>> = [];
  try {
    await start(options, stops);
    return 0;
  } catch (error) {
    io.complain(explain(error, options));
    return 1;
  } finally {
    // The host first: the bots' last answers still need the emulator.
    for (const stop of stops.reverse()) await stop().catch((error) => io.complain(explain(error, options)));
  }
}

async function start(options: DevOptions, stops: Array<() => Promise<void>>): Promise<void> {
  const { port, data, io } = options;
  const widgetDir = await folder(options.widgetDir, '--widget');
  const siteDir = await folder(options.siteDir, '--site');
  const bot = await readBot(options);

  const emulator = await createEmulator({
    port: options.emulatorPort,
    data,
    log: (line) => io.print(`emulator  ${line}`),
  });
  stops.push(() => emulator.close());
  if (io.stop.aborted) return;

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
    ALLOWED_ORIGINS: [`http://localhost:${port}`, publicBaseUrl, ...(options.origins ?? [])].join(','),
    PORT: String(port),
    CHAT_MODE: options.hardened ? 'hardened' : 'easy',
  });
  if (!environment.ok) throw new Error(environment.table);
  const host = await createNodeHost({
    config: environment.config,
    ...(bot && { bot }),
    widgetDir,
    siteDir,
    log: { level: 'warn', stream: { write: (line) => io.complain(readable(line)) } },
  });
  stops.push(() => host.close());
  if (io.stop.aborted) return;
  await wireWebhooks(host.config);
  await followMode(host.config);
  if (io.stop.aborted) return;

  io.print(`
  Page           http://localhost:${host.config.port}      open it, and the chat in its corner${options.hardened ? '\n  Mode           hardened, as in production: the backend makes the conversations' : ''}
  Emulator       ${emulator.restUrl}  REST, and ${emulator.wsUrl}
  Conversations  ${data === ':memory:' ? 'forgotten at the end' : `kept in ${data}`}

  For pages of your own:
  <script async src="http://localhost:${host.config.port}/chat-widget.js"></script>

  Ctrl+C ends it.
`);
  await once(io.stop, 'abort');
  io.print('Finishing what is under way. Ctrl+C once more ends it at once.');
}

/** A data file that was hardened once has roles without which browsers could make no conversation any more. */
async function followMode(config: Config): Promise<void> {
  const { changes } = await setUpRoles(config, { dryRun: true });
  const neverHardened = changes.some(({ from }) => from === 'no such role');
  if (config.mode === 'hardened' || !neverHardened) await setUpRoles(config);
}

async function readBot({ bot, cwd = process.cwd(), io }: DevOptions): Promise<Bot | undefined> {
  const choice = bot ?? 'shop';
  // A file is named as shells complete it, without a folder.
  const named = /^[^\\/]+\.[cm]?js$/.test(choice) ? `./${choice}` : choice;
  const reading = await chooseBot({ env: { ...io.env, BOT: named }, cwd });
  if (reading.ok) return reading.bot;
  const rows = reading.wrong.map(({ variable, problem, remedy }) => `${variable} ${problem}. ${remedy}`);
  throw new Error(rows.join('\n'));
}

async function folder(dir: string, option: string): Promise<string> {
  const found = await stat(dir).catch(() => null);
  if (found?.isDirectory()) return path.resolve(dir);
  throw new Error(`there is no folder ${dir}. Build it, or name another with ${option}.`);
}

/** A line of the host's log without what is the same in each. */
function readable(line: string): string {
  const { level: _level, time: _time, pid: _pid, hostname: _hostname, msg, ...facts } = JSON.parse(line);
  return `backend   ${msg} ${JSON.stringify(facts)}`;
}

function explain(error: unknown, { data }: DevOptions): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : undefined;
  if (code === 'port_in_use') {
    return `${error.message} Other ports: PORT=3001 EMULATOR_PORT=4011 npm start`;
  }
  if (code === 'store_unavailable') {
    return `The file ${data} cannot be opened: ${error.message}. Name another with --data.`;
  }
  return `It could not start: ${error.message}`;
}
