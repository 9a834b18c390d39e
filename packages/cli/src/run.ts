import { parseArgs } from 'node:util';
import type { CommandIo } from './command-io.js';
import { startDev } from './dev.js';

const usage = `Usage: conversations-web-chat dev [options]

Starts a local Conversations service, the token service with its webhooks and example bot, and a page with the chat.

  --widget DIR     built widget files            (default packages/widget/dist)
  --site DIR       pages to serve                (default examples/shop)
  --data FILE      where conversations are kept  (default .data/emulator.sqlite; ":memory:" forgets them)

  PORT             page, token service, webhooks (default 3000)
  EMULATOR_PORT    local Conversations service   (default 4010)`;

/** Runs one command line; resolves to the exit code. */
export async function runCli(args: string[], io: CommandIo): Promise<number> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    io.complain(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  const [command = 'dev', ...rest] = parsed.positionals;
  if (parsed.values.help) {
    io.print(usage);
    return 0;
  }
  if (command !== 'dev' || rest.length > 0) {
    io.complain(`Unknown command "${[command, ...rest].join(' ')}".\n\n${usage}`);
    return 2;
  }
  const port = readPort(io.env, 'PORT', 3000);
  const emulatorPort = readPort(io.env, 'EMULATOR_PORT', 4010);
  for (const outcome of [port, emulatorPort]) {
    if (typeof outcome === 'string') {
      io.complain(outcome);
      return 2;
    }
  }
  if (port === emulatorPort) {
    io.complain(`PORT and EMULATOR_PORT are both ${port}; they must differ.`);
    return 2;
  }
  return await startDev({
    port: Number(port),
    emulatorPort: Number(emulatorPort),
    widgetDir: parsed.values.widget,
    siteDir: parsed.values.site,
    data: parsed.values.data,
    io,
  });
}

function parse(args: string[]) {
  return parseArgs({
    args,
    allowPositionals: true,
    options: {
      widget: { type: 'string', default: 'packages/widget/dist' },
      site: { type: 'string', default: 'examples/shop' },
      data: { type: 'string', default: '.data/emulator.sqlite' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
}

/** A port number, or the sentence that says why it is none. */
function readPort(env: CommandIo['env'], name: string, fallback: number): number | string {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65535) return port;
  return `${name} is "${text}"; it must be a port number from 1 to 65535.`;
}
