import { errorFacts, ServiceError } from '@conversations-web-chat/backend';
import { type Command, UsageError } from './command.js';
import type { CommandIo } from './command-io.js';
import { deploy } from './deploy.js';
import { dev } from './dev-command.js';
import { doctor } from './doctor.js';
import { roles } from './roles.js';
import { webhooks } from './webhooks.js';

/** Every command by its name, in the order of the overview. */
const COMMANDS: Readonly<Record<string, Command>> = { dev, doctor, webhooks, roles, deploy };

const longest = Math.max(...Object.keys(COMMANDS).map((name) => name.length));

const overview = `Usage: conversations-web-chat COMMAND [options]

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(longest)}  ${summary}`)
  .join('\n')}

conversations-web-chat COMMAND --help says more about one. Exit codes: 0 done, 1 not so, 2 wrong call.`;

/** Runs one command line; resolves to the exit code. */
export async function runCli(args: string[], io: CommandIo): Promise<number> {
  const [name, ...rest] = args;
  const helpWanted = args.some((arg) => arg === '--help' || arg === '-h');
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (helpWanted) {
    io.print(command?.usage ?? overview);
    return 0;
  }
  if (command === undefined) {
    const wrong = name === undefined ? 'No command was given.' : `There is no command "${name}".`;
    io.complain(`${wrong}\n\n${overview}`);
    return 2;
  }
  try {
    return await command.run(rest, io);
  } catch (error) {
    if (error instanceof ServiceError) {
      io.complain(error.message);
      return 1;
    }
    if (error instanceof UsageError) {
      io.complain(`${error.message}\n\n${command.usage}`);
      return 2;
    }
    // Node would print the whole error, and those of the helper hold credentials.
    io.complain(`That went wrong in a way nobody foresaw: ${errorFacts(error).message}`);
    return 1;
  }
}
