import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { type Config, type EnvironmentReading, readEnvironment } from '@conversations-web-chat/backend';
import { UsageError } from './command.js';
import type { CommandIo } from './command-io.js';

/** The option of every command that needs the service's environment. */
export const ENV_OPTION: { readonly env: { readonly type: 'string' } } = { env: { type: 'string' } };

/** Its line in a command's usage. */
export const ENV_USAGE =
  '  --env FILE          read the variables from this file, e.g. .env, and from nowhere else';

/**
 * The variables of the process, or those of a file alone: a file that only works because of what else is set here would
 * not work where it is deployed.
 *
 * @throws UsageError when the file cannot be read.
 */
export function readVariables(file: string | undefined, io: CommandIo): CommandIo['env'] {
  if (file === undefined) return io.env;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`The file ${file} cannot be read: ${reason}.`);
  }
  return parseEnv(text);
}

/** Reads the variables; `standard` stands in for those that are not set: on Functions the platform gives some. */
export function readGiven(
  file: string | undefined,
  io: CommandIo,
  standard: CommandIo['env'] = {},
): EnvironmentReading {
  const given = Object.entries(readVariables(file, io)).filter(([, value]) => value?.trim());
  return readEnvironment({ ...standard, ...Object.fromEntries(given) });
}

/**
 * The service's configuration; when it is not right, says so and gives nothing. `standard` as of {@link readGiven}.
 */
export function readConfig(
  file: string | undefined,
  io: CommandIo,
  standard: CommandIo['env'] = {},
): Config | undefined {
  const reading = readGiven(file, io, standard);
  if (reading.ok) return reading.config;
  io.complain(reading.table);
  return undefined;
}
