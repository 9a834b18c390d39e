import { chooseBot } from '../bots/choose-bot.js';
import { type Environment, readEnvironment } from '../env.js';
import { tableOf } from '../env-table.js';
import { errorFacts } from '../errors.js';
import type { Log } from '../log.js';
import { createNodeHost, type NodeHost } from './node.js';
import { readServerEnvironment } from './server-environment.js';

const USAGE = `Usage: conversations-web-chat-server

Serves access tokens, the webhooks of Twilio Conversations and the widget's files. It is told everything by
environment variables; those that are missing or wrong are listed before anything starts, and the package's README
has them all. Log lines are JSON on the standard output. SIGTERM and SIGINT let it finish what it accepted.

  --help     these lines`;

/** What the command needs of the process it runs in. */
export interface ServerIo {
  env: Environment;
  cwd: string;
  print(line: string): void;
  complain(line: string): void;
  /** Aborted when it should end. */
  stop: AbortSignal;
}

/** Runs the server until it is stopped. Resolves to the exit code. */
export async function runServer(args: readonly string[], io: ServerIo): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    io.print(USAGE);
    return 0;
  }
  if (args.length > 0) {
    io.complain(`"${args[0]}" means nothing here.\n\n${USAGE}`);
    return 2;
  }
  const host = await start(io);
  if (host === null) return 1;
  const { publicBaseUrl } = host.config;
  io.complain(`Conversations Web Chat listens on ${host.url}; ${publicBaseUrl} is to lead there.`);
  if (host.metricsUrl !== undefined) io.complain(`Figures for Prometheus are at ${host.metricsUrl}.`);
  await new Promise<void>((resolve) => {
    if (io.stop.aborted) resolve();
    else io.stop.addEventListener('abort', () => resolve(), { once: true });
  });
  io.complain('Finishing what was accepted.');
  await host.close();
  return 0;
}

/** Everything that is wrong is told at once: nobody wants to start a server five times to hear of five variables. */
async function start({ env, cwd, complain }: ServerIo): Promise<NodeHost | null> {
  const service = readEnvironment(env);
  const server = readServerEnvironment(env);
  const chosen = await chooseBot({ env, cwd, log: linesOf(complain) });
  if (!service.ok || !server.ok || !chosen.ok) {
    complain(tableOf([service, server, chosen].flatMap((reading) => (reading.ok ? [] : reading.wrong))));
    return null;
  }
  const { address, logLevel, metricsPort, metricsAddress, drainSeconds, widgetDir, siteDir } =
    server.settings;
  try {
    return await createNodeHost({
      config: service.config,
      address,
      log: { level: logLevel },
      drainMs: drainSeconds * 1000,
      ...(metricsPort !== undefined && { metrics: { port: metricsPort, address: metricsAddress } }),
      ...(chosen.bot && { bot: chosen.bot }),
      ...(chosen.limitMs !== undefined && { botLimitMs: chosen.limitMs }),
      ...(widgetDir !== undefined && { widgetDir }),
      ...(siteDir !== undefined && { siteDir }),
    });
  } catch (error) {
    complain(`It could not start: ${errorFacts(error).message}`);
    return null;
  }
}

/** A bot is there before the host and its log are: what it has to tell goes to the standard error, by lines of JSON. */
function linesOf(complain: (line: string) => void): Log {
  const line =
    (level: number) =>
    (fields: object, msg: string): void =>
      complain(JSON.stringify({ level, time: Date.now(), ...fields, msg }));
  return { info: line(30), warn: line(40), error: line(50) };
}
