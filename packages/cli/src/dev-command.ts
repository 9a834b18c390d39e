import { type Command, defineCommand, UsageError } from './command.js';
import type { CommandIo } from './command-io.js';
import { startDev } from './dev.js';

export const dev: Command = defineCommand({
  summary: 'runs the whole chat on this machine: a local Conversations service, backend, bot and page',
  usage: `Usage: conversations-web-chat dev [options]

Starts a local Conversations service, the token service with its webhooks and example bot, and a page with the chat.

  --widget DIR     built widget files            (default packages/widget/dist)
  --site DIR       pages to serve                (default examples/shop)
  --data FILE      where conversations are kept  (default .data/emulator.sqlite; ":memory:" forgets them)

  PORT             page, token service, webhooks (default 3000)
  EMULATOR_PORT    local Conversations service   (default 4010)`,
  options: {
    widget: { type: 'string', default: 'packages/widget/dist' },
    site: { type: 'string', default: 'examples/shop' },
    data: { type: 'string', default: '.data/emulator.sqlite' },
  },
  async run(values, io) {
    const port = readPort(io.env, 'PORT', 3000);
    const emulatorPort = readPort(io.env, 'EMULATOR_PORT', 4010);
    if (port === emulatorPort) {
      throw new UsageError(`PORT and EMULATOR_PORT are both ${port}; they must differ.`);
    }
    const { widget: widgetDir, site: siteDir, data } = values;
    return await startDev({ port, emulatorPort, widgetDir, siteDir, data, io });
  },
});

function readPort(env: CommandIo['env'], name: string, fallback: number): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65535) return port;
  throw new UsageError(`${name} is "${text}"; it must be a port number from 1 to 65535.`);
}
