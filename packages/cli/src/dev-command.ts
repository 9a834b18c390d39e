import { fileURLToPath } from 'node:url';
import { type Command, defineCommand, UsageError } from './command.js';
import type { CommandIo } from './command-io.js';
import { startDev } from './dev.js';
import { findWidget } from './find-widget.js';

const here = fileURLToPath(new URL('.', import.meta.url));

export const dev: Command = defineCommand({
  summary: 'runs the whole chat on this machine: a local Conversations service, backend, bot and page',
  usage: `Usage: conversations-web-chat dev [options]

Starts a local Conversations service, the token service with its webhooks and bot, and a page with the chat. Nothing is
watched: after a change of the bot, start it again.

  --site DIR       pages to serve                (default: a page with nothing but the chat)
  --bot BOT        who answers: a module such as ./my-bot.mjs, or a bot's name  (default: BOT, or shop)
  --hardened       as in production: the backend makes the conversations, and visitors may do no more than chat
  --origin ORIGIN  another origin whose pages get the chat, e.g. http://localhost:5173; may be repeated
  --widget DIR     built widget files            (default: of the installed @conversations-web-chat/widget)
  --data FILE      where conversations are kept  (default .data/emulator.sqlite; ":memory:" forgets them)

  PORT             page, token service, webhooks (default 3000)
  EMULATOR_PORT    local Conversations service   (default 4010)`,
  options: {
    widget: { type: 'string' },
    site: { type: 'string', default: fileURLToPath(new URL('../page', import.meta.url)) },
    bot: { type: 'string' },
    hardened: { type: 'boolean', default: false },
    origin: { type: 'string', multiple: true, default: [] },
    data: { type: 'string', default: '.data/emulator.sqlite' },
  },
  async run(values, io) {
    const port = readPort(io.env, 'PORT', 3000);
    const emulatorPort = readPort(io.env, 'EMULATOR_PORT', 4010);
    if (port === emulatorPort) {
      throw new UsageError(`PORT and EMULATOR_PORT are both ${port}; they must differ.`);
    }
    const wrong = values.origin.find((text) => !URL.canParse(text) || new URL(text).origin !== text);
    if (wrong !== undefined) {
      throw new UsageError(`--origin is "${wrong}"; it must be exactly scheme://host or scheme://host:port.`);
    }
    const cwd = process.cwd();
    const widgetDir = values.widget ?? (await findWidget([cwd, here]));
    if (widgetDir === undefined) {
      io.complain(
        "The widget's built files were not found. Install @conversations-web-chat/widget, or name their folder with --widget.",
      );
      return 1;
    }
    return await startDev({
      port,
      emulatorPort,
      widgetDir,
      siteDir: values.site,
      origins: values.origin,
      bot: values.bot ?? io.env.BOT ?? 'shop',
      cwd,
      data: values.data,
      hardened: values.hardened,
      io,
    });
  },
});

function readPort(env: CommandIo['env'], name: string, fallback: number): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65535) return port;
  throw new UsageError(`${name} is "${text}"; it must be a port number from 1 to 65535.`);
}
