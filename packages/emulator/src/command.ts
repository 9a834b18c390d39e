import { parseArgs } from 'node:util';
import { given } from './given.js';
import type { EmulatorOptions } from './options.js';
import { createEmulator } from './server.js';
import { StartError } from './start-error.js';

/** What the command needs of the process that runs it. */
export interface CommandIo {
  env: Readonly<Record<string, string | undefined>>;
  print(text: string): void;
  complain(text: string): void;
  /** Resolves when the command is asked to end. */
  untilAsked(): Promise<void>;
}

const usage = `conversations-emulator [--port 4010] [--data .data/emulator.sqlite] [--templates FILE] [--json]

A local Twilio Conversations service for the unmodified Twilio SDKs.

  --port PORT       where to listen on 127.0.0.1; 0 takes any free port (default: $EMULATOR_PORT, else 4010)
  --data FILE       where conversations are kept, or :memory: (default: .data/emulator.sqlite)
  --templates FILE  content templates of your own, a JSON list (default: six, one of each type)
  --json            print one line of JSON instead of text
  --help            print this`;

interface Command extends EmulatorOptions {
  json: boolean;
  help: boolean;
}

type Reading = { understood: true; command: Command } | { understood: false; message: string };

function readPort(text: string, origin: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new Error(`${origin} must be a port from 0 to 65535, not "${text}"`);
  }
  return Number(text);
}

function read(argv: readonly string[], env: CommandIo['env']): Reading {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        port: { type: 'string' },
        data: { type: 'string', default: '.data/emulator.sqlite' },
        templates: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const { data, templates, json, help } = values;
    if (data === '') throw new Error('--data must be a file or :memory:');
    const port =
      values.port === undefined
        ? readPort(env.EMULATOR_PORT || '4010', 'EMULATOR_PORT')
        : readPort(values.port, '--port');
    return { understood: true, command: { port, data, json, help, ...given({ templates }) } };
  } catch (error) {
    return { understood: false, message: error instanceof Error ? error.message : String(error) };
  }
}

const advice: Partial<Record<StartError['code'], string>> = {
  port_in_use: ' End that program, or choose another port with --port.',
};

/** Runs the command and resolves to its exit code: 0 when it was asked to end, 1 when it could not start, 2 for bad flags. */
export async function runCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  const reading = read(argv, io.env);
  if (!reading.understood) {
    io.complain(`${reading.message}\n\n${usage}`);
    return 2;
  }
  const { json, help, ...options } = reading.command;
  if (help) {
    io.print(usage);
    return 0;
  }
  try {
    // Lines about what happens go where they cannot be taken for the answer.
    const emulator = await createEmulator({ ...options, log: io.complain });
    const { restUrl, wsUrl, credentials } = emulator;
    io.print(
      json
        ? JSON.stringify({ restUrl, wsUrl, ...credentials })
        : [
            `REST      ${restUrl}`,
            `Realtime  ${wsUrl}`,
            ...Object.entries(credentials).map(([name, value]) => `  ${name.padEnd(13)} ${value}`),
            `Kept in   ${options.data === ':memory:' ? 'memory: gone at the end' : options.data}`,
            'Ctrl+C ends it.',
          ].join('\n'),
    );
    await io.untilAsked();
    await emulator.close();
    return 0;
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    io.complain(`${error.message}${advice[error.code] ?? ''}`);
    return 1;
  }
}
